# Sourced first by the commands in this folder. The comment at a command's head is its usage: --help prints it, and an option that
# does not stand in it is refused in one line, before anything is set up.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

for word in "$@"; do
  option="${word%%=*}"
  case "$word" in
    --help | -h) usage; exit 0 ;;
    --) break ;;
    -*)
      grep -qE -e "(^|[^a-z-])$option([^a-z-]|\$)" <<<"$(usage)" && continue
      printf '%s: there is no option %s; see scripts/%s --help\n' "${0##*/}" "$option" "${0##*/}" >&2
      exit 2
      ;;
  esac
done
unset word option
