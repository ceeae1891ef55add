# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints the files that match the patterns on standard input, one pattern a line, and those that configurations name, as one text: a list with a checksum for each, and a
# compressed tar in base64 (plugins/module_utils/_bundle.py reads it). It changes nothing, and writes nothing to any disk.
# $1: more bytes than this are refused. The others: names of the package, of which the first that is installed is told.

set -u
LC_ALL=C
export LC_ALL
limit=$1
shift
newline='
'

names=$(
    IFS=$newline
    while read -r pattern || [ -n "$pattern" ]; do
        for found in $pattern; do
            [ -e "$found" ] && find -L "$found" -type f -print
        done
    done
)
# What the operator gave the product to copy, the license too.
named=$(
    set -f
    IFS=$newline
    for name in $names; do
        case $name in
            *.yaml) sed -n "s/^ *[a-z_]*\(cert_path\|key_path\|ca_path\|license_path\|ca_cert\): *[\"']\{0,1\}\(\/[^\"'#]*[^\"'# ]\).*/\2/p" "$name" ;;
        esac
    done | while read -r found; do
        [ -f "$found" ] && printf '%s\n' "$found"
    done
)
names=$(printf '%s\n' "$names" "$named" | sed '/^$/d' | sort -u)

echo 'cloudify-node-files 1'
for package in "$@"; do
    version=$(rpm -q --qf '%{VERSION}' "$package" 2>/dev/null) && echo "P $package $version" && break
done

count=0
total=0
IFS=$newline
set -f
for name in $names; do
    facts=$(stat -L -c '%a %U %G %s' -- "$name") || exit 1
    sum=$(sha256sum < "$name") || exit 1
    echo "F $facts ${sum%% *} $name"
    total=$((total + ${facts##* }))
    count=$((count + 1))
done
if [ "$total" -gt "$limit" ]; then
    echo "$count files have $total bytes, more than the $limit that certificates and configuration can have" >&2
    exit 1
fi
echo "T $count"
[ "$count" -eq 0 ] && exit 0
cd / || exit 1
printf '%s\n' "$names" | sed 's|^/||' | tar --hard-dereference -chf - --no-recursion -T - | gzip -c | base64
