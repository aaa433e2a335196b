#!/usr/bin/env bash
# Tries the job files of this folder on real launchers: Open MPI, and Slurm as a cluster of this machine.
#
# Shards are started, killed, stopped and started again, and each time what they merge to is compared byte for
# byte with the file of one undivided run. The cluster and all files live in a temporary folder; they are gone
# at the end, whatever happens.
#
#   MODEL=smollm2 ROUNDS=10 scripts/cluster/test_cluster.sh
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
jobs=$PWD/scripts/cluster
rounds=${ROUNDS:-3}
export PLUMB=${PLUMB:-$PWD/.build/release/plumb}
export MODEL=${MODEL:-$PWD/Tests/Goldens/models/llama-bf16}
export OPTIONS="--raw --sites resid_post,mlp.post --positions last,mean"
export SHARDS=4 WORKERS=4 PROMPTS=prompts.jsonl OUTPUT=acts.h5
RANDOM=1

# ---------------------------------------------------------------- what is needed

packages="openmpi-bin slurm-wlm munge"

have_launchers() {
  for command in mpirun munged slurmctld slurmd sbatch; do
    PATH=$PATH:/usr/sbin command -v $command >/dev/null 2>&1 || return 1
  done
}

if ! have_launchers; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
    echo "test-cluster: ask an administrator to install $packages" >&2
    exit 1
  fi
  echo "test-cluster: installing $packages" >&2
  export DEBIAN_FRONTEND=noninteractive
  install="$as_root apt-get install -y -q --no-install-recommends $packages"
  $install >/dev/null 2>&1 || { $as_root apt-get update -q >/dev/null && $install >/dev/null; } || exit
fi
PATH=$PATH:/usr/sbin

# ---------------------------------------------------------------- the cluster

folder=$(mktemp -d)
chmod 755 "$folder"
daemons=()

stop() {
  trap - EXIT INT TERM
  [ ! -e "$folder/slurm.conf" ] || scancel --user="$(id -un)" 2>/dev/null
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
    kill "${daemons[i]}" 2>/dev/null
    wait "${daemons[i]}" 2>/dev/null
  done
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

start_cluster() {
  local host port
  host=$(uname -n | cut -d. -f1)
  port=$((20000 + $$ % 20000))
  mkdir "$folder/state" "$folder/spool" "$folder/logs"
  (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
  # Far more processors and memory than there are, so that the job files run as they are; a job that is queued
  # again waits for cred_expire seconds.
  cat >"$folder/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/logs/slurmctld
SlurmdLogFile=$folder/logs/slurmd
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=64 RealMemory=262144 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
END
  export SLURM_CONF=$folder/slurm.conf
  start munged --force --foreground --key-file="$folder/munge.key" \
    --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/logs/munged" --seed-file="$folder/munged.seed"
  until_true 10 test -S "$folder/munge.socket"
  start slurmctld -D -f "$SLURM_CONF"
  start slurmd -D -f "$SLURM_CONF"
  until_true 60 node_is_idle || {
    echo "test-cluster: Slurm did not start:" >&2
    tail -n 5 "$folder"/logs/* >&2
    exit 1
  }
}

start() {
  (cd "$folder" && exec "$@") >"$folder/logs/$1.out" 2>&1 &
  daemons+=($!)
}

node_is_idle() { [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; }
no_jobs() { [ -z "$(squeue --noheader)" ]; }

# until_true SECONDS COMMAND: waits until a command succeeds.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.05
  done
}

# ---------------------------------------------------------------- the checks

failures=0

# verdict SURVIVED TRIED WHAT
verdict() {
  printf '%-4s %3d/%-3d %s\n' "$([ "$1" = "$2" ] && echo ok || echo FAIL)" "$1" "$2" "$3"
  [ "$1" = "$2" ] || failures=$((failures + 1))
}

# Begins a check in a folder of its own.
fresh() {
  rm -rf "$folder/run"
  mkdir "$folder/run"
  cd "$folder/run" || exit
  ln -s ../prompts.jsonl "$PROMPTS"
}

merged() { "$PLUMB" merge acts-*-of-00004.h5 --output acts.h5 >merge.log 2>&1; }
is_whole() { cmp -s "$folder/whole.h5" acts.h5; }
shard() { printf 'acts-%05d-of-00004.h5' "$1"; }

# The units that the last run of a shard found finished.
kept() { sed -n 's/.*"units_kept":\([0-9]*\).*/\1/p' "$(shard "$1" | sed 's/h5$/manifest.json/')"; }

# The job of a shard of an array, and the process that does it.
job_of() { squeue --noheader --array --jobs="$1" --format='%K %A' | sed -n "s/^$2 //p"; }
process_of() {
  for process in $(scontrol listpids "$(job_of "$1" "$2")" 2>/dev/null | awk 'NR > 1 {print $1}'); do
    [ "$(cat "/proc/$process/comm" 2>/dev/null)" = plumb ] && echo "$process"
  done
}

submit() { bash "$jobs/slurm-array.sbatch" >run.log 2>&1; }
again() { sbatch --wait --array="$1" "$jobs/slurm-array.sbatch" >>run.log && merged && is_whole; }

check_mpirun() {
  local equal=0
  fresh
  bash "$jobs/mpirun.sh" >run.log 2>&1 && is_whole && equal=1
  verdict $equal 1 "mpirun -n 4 merges to the undivided run's file"
}

check_array() {
  local equal=0
  fresh
  submit && until_true 600 no_jobs && is_whole && equal=1
  verdict $equal 1 "a Slurm array of 4 and its merge job give the undivided run's file"
}

check_srun() {
  local equal=0
  fresh
  sbatch --wait --ntasks=4 "$jobs/slurm-srun.sbatch" >run.log 2>&1 && is_whole && equal=1
  verdict $equal 1 "4 tasks of srun merge to the undivided run's file"
}

check_srun_noticed() {
  local survived=0 job
  fresh
  job=$(sbatch --parsable --ntasks=4 "$jobs/slurm-srun.sbatch")
  until_true 120 test -e "$(shard 0).part"
  scancel --signal=TERM "$job"
  until_true 600 no_jobs
  grep -q "Interrupted; what was committed is kept" "plumb-$job.log" && is_whole && survived=1
  verdict $survived 1 "tasks of srun whose time is up are queued again, go on and are merged"
}

# Submits an array and does something to one of its shards: interfere COMMAND. Sets job and victim, and comes
# back when no job is left. A shard that was faster than the command is begun again.
interfere() {
  local attempt missed=1
  for ((attempt = 0; attempt < 20 && missed != 0; attempt++)); do
    fresh
    victim=$((RANDOM % 4))
    submit
    job=$(squeue --noheader --name=plumb-extract --format=%F | head -n 1)
    until_true 120 test -e "$(shard $victim).part" -o -e "$(shard $victim)"
    sleep "0.$((RANDOM % 8))"
    [ ! -e "$(shard $victim)" ] && "$@"
    missed=$?
    until_true 600 no_jobs
  done
  return $missed
}

kill_shard() { kill -KILL "$(process_of "$job" "$victim")" 2>/dev/null; }
notice_shard() { scancel --signal=TERM --batch "$(job_of "$job" "$victim")"; }
cancel_array() { scancel "$job"; }

check_killed() {
  local survived=0 units=0 round job victim
  for ((round = 0; round < rounds; round++)); do
    interfere kill_shard
    [ ! -e "$(shard "$victim")" ] && again "$victim" && survived=$((survived + 1))
    units=$((units + $(kept "$victim")))
  done
  verdict $survived "$rounds" "a shard killed with -9 and submitted again ($units units kept)"
}

check_noticed() {
  local survived=0 units=0 round job victim
  for ((round = 0; round < rounds; round++)); do
    interfere notice_shard
    grep -q "Interrupted; what was committed is kept in $(shard "$victim").part" \
      "plumb-${job}_$victim.log" && is_whole && survived=$((survived + 1))
    units=$((units + $(kept "$victim")))
  done
  verdict $survived "$rounds" "a shard whose time is up is queued again, goes on and is merged ($units units kept)"
}

check_cancelled() {
  local survived=0 stopped=0 round job victim
  for ((round = 0; round < rounds; round++)); do
    interfere cancel_array
    scontrol show job "${job}_$victim" | grep -q ExitCode=75:0 && [ ! -e "$(shard "$victim")" ] \
      && stopped=$((stopped + 1))
    again 0-3 && survived=$((survived + 1))
  done
  verdict $stopped "$rounds" "a shard of a cancelled array exits with 75 and is not queued again"
  verdict $survived "$rounds" "a cancelled array is submitted again and goes on"
}

# About a hundred tokens each, so that there is time to interfere.
awk 'BEGIN {
  split("the weather in north wings sun rain hello river stone bread train ring hall tower error", words)
  srand(1)
  for (prompt = 0; prompt < 30000; prompt++) {
    text = prompt
    for (word = 0; word < 10 + prompt % 7; word++) text = text " " words[int(rand() * 16) + 1]
    printf "{\"prompt\": \"%s\", \"label\": %d}\n", text, prompt % 2
  }
}' >"$folder/prompts.jsonl"

# shellcheck disable=SC2086  # options are several words
"$PLUMB" extract --model "$MODEL" --prompts "$folder/prompts.jsonl" --output "$folder/whole.h5" \
  $OPTIONS >"$folder/whole.log" 2>&1 || { cat "$folder/whole.log" >&2; exit 1; }
# Root may use mpirun here; its own temporary files go where ours are.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 TMPDIR=$folder
check_mpirun
start_cluster
check_array
check_srun
check_srun_noticed
check_killed
check_noticed
check_cancelled
[ $failures = 0 ]
