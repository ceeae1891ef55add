#!/bin/sh
# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# customize.sh ROOT RECIPE: after the packages are installed.
set -eu
root=$1 recipe=$2

# What must differ from host to host is made on the host.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id"
: >"$root/etc/machine-id"
rm -rf "$root/var/lib/rabbitmq/.erlang.cookie" "$root/var/lib/rabbitmq/mnesia" \
    "$root/var/lib/etcd/default" "$root/var/lib/etcd/member"

# Reached by key only: root, a user who may become root, and the user that a VNFM has.
# The product's files belong to this group.
chroot "$root" groupadd --system wheel
for user in ops admin; do
    chroot "$root" useradd --create-home --shell /bin/bash "$user"
    echo "$user ALL=(ALL) NOPASSWD:ALL" >"$root/etc/sudoers.d/$user"
    chmod 440 "$root/etc/sudoers.d/$user"
done
mkdir -p "$root/etc/lab" "$root/etc/ssh/sshd_config.d" "$root/etc/systemd/system/ssh.service.d"
cp "$recipe/sshd.conf" "$root/etc/ssh/sshd_config.d/lab.conf"
cp "$recipe/ssh.service.conf" "$root/etc/systemd/system/ssh.service.d/lab.conf"

# Nothing runs that nobody has asked for.
for unit in nginx supervisor postgresql etcd patroni rabbitmq-server epmd.socket epmd.service; do
    chroot "$root" systemctl disable "$unit" >/dev/null 2>&1 || true
done

# These have no business on a host that shares its kernel, or would fire in the middle of a test.
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket \
    systemd-udevd-control.socket systemd-modules-load.service systemd-sysctl.service \
    systemd-firstboot.service sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-kernel-config.mount sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount \
    getty.target console-getty.service getty-static.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
