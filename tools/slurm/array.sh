#!/bin/bash
# A run for each task of an array, with the task's number for a seed and a folder of its own:
#     sbatch --array=0-7 tools/slurm/array.sh experiment=strgar2024_small
# Each goes back into the queue by itself until it is finished.
#SBATCH --job-name=codesign
#SBATCH --array=0-7
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%A-%a.log
set -u

export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}" # since Slurm 22.05 srun does not take it from sbatch
folder="runs/$SLURM_JOB_NAME-$SLURM_ARRAY_JOB_ID/$SLURM_ARRAY_TASK_ID"
srun codesign evolve run=auto "hydra.run.dir=$folder" "seed=$SLURM_ARRAY_TASK_ID" "$@"
status=$?

if [ "$status" -eq 138 ]; then # 128 + SIGUSR1: the time was over before the run was
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$status"
