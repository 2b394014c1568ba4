"""Checks of what a simulation is made of: tasks, terrains, controllers, contacts, forces and senses."""
