# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What this host is and has, one KEY=VALUE a line. It changes nothing.
# Arguments: user, python, ansible-playbook, lock, metrics directory, cron directory, timer, the cluster's sets, then the directories that are to be written to.

user=$1 python=$2 playbook=$3 lock=$4 metrics=$5 cron=$6 timer=$7 sets=$8
shift 8
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin

yes_if() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }

echo "user=$(id -un)"
[ -z "$user" ] || id "$user" >/dev/null 2>&1 || echo "no_user=$user"
echo "systemd=$(yes_if test -d /run/systemd/system)"
echo "cron=$(yes_if test -d "$cron")"
echo "crond=$(yes_if grep -qsxE 'crond?|cron' /proc/[0-9]*/comm)"
echo "timer=$(yes_if test -e "$timer")"
echo "metrics=$(yes_if test -d "$metrics")"

# On NFS, what root makes may be nobody's; and root may have made the directory for a group.
owner=$(ls -ldL "$sets" 2>/dev/null | awk '{print $3, $1}')
case $owner in
    '' | *nobody\ * | 65534\ * | 4294967294\ *) ;;
    root\ ?????w* | root\ ????????w*) ;;
    *) echo "owner=${owner%% *}" ;;
esac

found=
for one in "$python" python3 /usr/libexec/platform-python python3.13 python3.12 python3.11 python3.10 python3.9; do
    [ -n "$one" ] && [ -z "$found" ] || continue
    path=$(command -v "$one") && "$path" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && found=$path
    [ -z "$python" ] || break
done
echo "python=$found"

found=$(command -v "${playbook:-ansible-playbook}") || found=
echo "ansible_playbook=$found"

# of what is not there yet, the directory that it will be made in
for place in "$@"; do
    while [ ! -e "$place" ]; do place=$(dirname "$place"); done
    if [ ! -w "$place" ]; then
        echo "cannot_write=$place"
        break
    fi
done

[ ! -e "$lock" ] || flock -n "$lock" true || echo "busy=yes"
