# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: offered.sh PACKAGE      a URL, or a name that repositories know
# Prints NAME-VERSION-RELEASE of what this host would install, or says why there is nothing. It installs nothing.

set -u
LC_ALL=C
export LC_ALL
package=$1
patience=120
configurations='/etc/dnf/dnf.conf /etc/yum.conf'

# The proxy and the CA of dnf or yum, for curl.
settings() {
    cat $configurations 2>/dev/null | awk '
        /^\[/ { main = /^\[main\]/ }
        !main || !/=/ { next }
        {
            key = value = $0
            sub(/[ \t]*=.*/, "", key)
            sub(/^[^=]*=[ \t]*/, "", value)
            sub(/[ \t\r]+$/, "", value)
            gsub(/["\\]/, "\\\\&", value)
            of[key] = value
        }
        END {
            if (of["proxy"] ~ /^_?none_?$/) print "noproxy = \"*\""
            else if (of["proxy"] != "") print "proxy = \"" of["proxy"] "\""
            if (of["proxy_username"] != "") print "proxy-user = \"" of["proxy_username"] ":" of["proxy_password"] "\""
            if (of["sslcacert"] != "") print "cacert = \"" of["sslcacert"] "\""
            if (tolower(of["sslverify"]) ~ /^(0|no|false)$/) print "insecure"
        }'
}

# An RPM has its name in its first bytes. Where a server sends all of it, no more than these is read.
in_url() {
    lead=$(settings | curl -q -g -sS -f -L --connect-timeout 10 -m 30 -r 0-95 -K - --url "$package" | head -c 96 | base64 | tr -d '\n')
    case $lead in
        7avu2*) printf %s "$lead" | base64 -d | tail -c +11 | head -c 66 | tr -d '\000' && echo ;;
        '') return 1 ;;
        *)
            echo 'what came back is no RPM' >&2
            return 1
            ;;
    esac
}

said() {
    timeout "$patience" "$tool" -q -y "$@" </dev/null
    code=$?
    [ "$code" != 124 ] || echo "no answer within $patience s" >&2
    return "$code"
}

# The newest, as VERSION-RELEASE NAME REPOSITORY. yum writes base/7/x86_64.
newest() {
    awk '
        $1 == "Name" { name = $3 }
        $1 == "Version" { version = $3 }
        $1 == "Release" { release = $3 }
        $1 == "Repo" || $1 == "Repository" { sub(/\/.*/, "", $3); print version "-" release, name, $3 }' |
        sort -V | tail -n 1
}

look() {
    found=$(said "$@" info available --showduplicates "$package") || return
    found=$(printf '%s\n' "$found" | newest)
    [ -n "$found" ] || {
        echo 'it is in no repository' >&2
        return 1
    }
}

# What it knows may be of days ago: the repository that has the package is asked anew. The others are what they are for the installation.
in_repositories() {
    tool=$(command -v dnf || command -v yum) || {
        echo 'there is neither dnf nor yum' >&2
        return 1
    }
    look || return
    repository=${found##* }
    set -- --disablerepo='*' --enablerepo="$repository"
    # Not by an option with the name of the repository, which ends at its first dot for yum and for dnf of old.
    case $tool in
        # It takes what it has where the repository does not answer, so it must not have anything.
        */yum) said "$@" clean metadata >/dev/null && look "$@" ;;
        *) look "$@" --refresh ;;
    esac || {
        echo "repository $repository, which had it, does not answer or has it no longer" >&2
        return 1
    }
    release=${found%% *}
    found=${found#* }
    echo "${found%% *}-$release"
}

case $package in
    *://*) in_url ;;
    *) in_repositories ;;
esac
