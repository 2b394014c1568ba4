"""Files for a workshop: meshes for a printer, lists of parts and drawings to scale."""
