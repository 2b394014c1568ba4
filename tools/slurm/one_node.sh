#!/bin/bash
# One run on one node. Two minutes before its time is over it puts its state away and goes back into the queue, until it
# is finished:
#     sbatch tools/slurm/one_node.sh experiment=strgar2024_small
# Whatever follows the name of this file is given to `codesign evolve`; options of sbatch go before it.
#SBATCH --job-name=codesign
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
set -u

export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}" # since Slurm 22.05 srun does not take it from sbatch
# Slurm sends the signal to what srun started, and not to this script.
srun codesign evolve run=auto "hydra.run.dir=runs/$SLURM_JOB_NAME-$SLURM_JOB_ID" "$@"
status=$?

if [ "$status" -eq 138 ]; then # 128 + SIGUSR1: the time was over before the run was
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
