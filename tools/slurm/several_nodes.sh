#!/bin/bash
# One run on several nodes, by a Ray cluster that lives as long as the job. Two minutes before its time is over it puts
# its state away and goes back into the queue, until it is finished:
#     sbatch --nodes=4 tools/slurm/several_nodes.sh experiment=strgar2024
#SBATCH --job-name=codesign
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
set -u

export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}" # since Slurm 22.05 srun does not take it from sbatch
# Whoever does not know the token cannot give the cluster work, though its ports are open to the network of the nodes.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN="$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
export RAY_AUTH_TOKEN
# With a path as long as a job's own folder often is, Ray's sockets have names that are too long.
export RAY_TMPDIR="${RAY_TMPDIR:-/tmp}"

nodes=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=$(head -n 1 <<<"$nodes") # which is where this script runs
port=$((20000 + SLURM_JOB_ID % 10000)) # two jobs may share a node
ip=$(srun --nodes=1 --ntasks=1 --nodelist="$head" hostname --ip-address | tr ' ' '\n' | grep -m 1 -F .)
address="$ip:$port"

trap 'kill $(jobs -p) 2>/dev/null' EXIT
srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" ray start --head --node-ip-address="$ip" --port="$port" \
    --num-cpus="$SRUN_CPUS_PER_TASK" --include-dashboard=false --disable-usage-stats --block &
until ray health-check --address "$address" 2>/dev/null; do
    kill -0 $! 2>/dev/null || { echo "Ray's head ended before it was ready" >&2; exit 1; }
    sleep 1
done
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    others=$((SLURM_JOB_NUM_NODES - 1))
    srun --overlap --nodes="$others" --ntasks="$others" --exclude="$head" ray start --address="$address" \
        --num-cpus="$SRUN_CPUS_PER_TASK" --disable-usage-stats --block &
fi

codesign evolve run=auto "hydra.run.dir=runs/$SLURM_JOB_NAME-$SLURM_JOB_ID" "evaluator.address=$address" "$@" &
run=$!
# Slurm sends the signal to this script alone (B:), so that Ray does not see it.
trap 'kill -USR1 "$run"' USR1
wait "$run"
status=$?
while kill -0 "$run" 2>/dev/null; do # the signal ended the wait, not the run
    wait "$run"
    status=$?
done

if [ "$status" -eq 138 ]; then # 128 + SIGUSR1: the time was over before the run was
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
