/**
 * What is run inside sessions, as their own user: POSIX sh and the programs that any image with a shell has (Debian's, Alpine's, busybox).
 * Nothing of a request is ever part of a script's text. Free of races by how it goes: `cd -P` pins a folder, whatever becomes of its path;
 * where it really is gets held against the roots; then only `./name` in it is touched. What is read is opened first and looked at then;
 * what is written has a name of its own in the same folder until it is whole, and is renamed, never through a link.
 *
 * What an upload left that broke off goes with the next one into its folder, a day after its last byte, unless a program still has it open.
 *
 * Much goes by a named pipe, past the engine, where the agent says in `BERTH_PIPE` where one may be: the script makes it and says `pipe` (or `none`), the agent
 * opens it too and says the same; then the script opens it and takes its name away.
 *
 * A refusal is one line on stderr: `berth <word> <rest>`.
 */
import { CLOSED_FOLDERS } from "@berth/protocol/session-files";

/** Of what isn't whole yet; no list shows it. */
export const PART_PREFIX = ".berth-part-";
/** A part that nobody has written to for so long is nobody's any more. */
const PART_KEPT_MINUTES = 24 * 60;
/** Told in the environment: where a script may make a pipe, or empty. */
export const PIPE_VARIABLE = "BERTH_PIPE";
/** What is less is sooner there by the engine than a pipe is made. */
export const WORTH_A_PIPE_BYTES = 1024 * 1024;
/** Up to here a file's ETag is the hash of what is in it; beyond, of what the system says of it. */
const HASHED_BYTES = 1024 * 1024;

const closed = CLOSED_FOLDERS.map((folder) => `${folder}|${folder}/*`).join("|");

/** The first arguments of each script: the writable roots, then all. */
const prelude = `
set -f
LC_ALL=C; export LC_ALL
unset CDPATH
IFS='
'
fail() { printf '\\nberth %s\\n' "$1" >&2; exit 97; }
need() { for program in "$@"; do command -v "$program" >/dev/null || fail "lacks $program"; done; }
plain() { plain=$(printf '%bx' "$1"); plain=\${plain%x}; }
inside() {
  case $1 in ${closed}) return 1;; esac
  for root in $2; do
    [ "$root" = / ] && return 0
    case $1/ in "$root"/*) return 0;; esac
  done
  return 1
}
pin() {
  cd -P -- "$1" 2>/dev/null || { [ -d "$1" ] && fail forbidden; [ -e "$1" ] && fail kind; fail missing; }
  here=$(pwd -P; printf x); here=\${here%?x}
  inside "$here" "$2" || fail outside
}
enter() {
  inside "$1" "$2" || { inside "$1" "$readable" && fail readonly; fail outside; }
  pin "$1" "$2"
}
enter_making() {
  inside "$1" "$writable" || { inside "$1" "$readable" && fail readonly; fail outside; }
  [ "$root" = / ] && rest=\${1#/} || { rest=\${1#"$root"}; rest=\${rest#/}; }
  pin "$root" "$writable"
  while [ -n "$rest" ]; do
    step=\${rest%%/*}
    case $rest in */*) rest=\${rest#*/};; *) rest=;; esac
    [ -d "./$step" ] || mkdir "./$step" || [ -d "./$step" ] || exit 1
    pin "./$step" "$writable"
  done
}
etag() {
  size=$(stat -L -c %s "$1") || return 1
  if [ "$size" -le ${HASHED_BYTES} ] && sum=$(sha256sum <"$1"); then printf '%s' "\${sum%% *}"
  else stat -L -c '%i-%s-%y-%z' "$1" | tr -c '0-9A-Za-z' '-'; fi
}
matches() {
  [ -z "$2" ] && return
  [ "$2" = '*' ] && { [ -e "$1" ] || fail changed; return; }
  [ -f "$1" ] && [ "$(etag "$1")" = "$2" ] || fail changed
}
facts() { printf '%s %s\\n' "$(stat -L -c '%s %f %Y' "$1")" "$(etag "$1")"; }
opened() { set +f; ls -ld /proc/[0-9]*/cwd /proc/[0-9]*/fd/* 2>/dev/null; set -f; }
held() { case $(opened) in *" -> $1"*) return 0;; esac; return 1; }
take_over() {
  for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    others=
    for line in $(opened); do
      case $line in *" -> $1") line=\${line#*/proc/}; line=\${line%%/*}; [ "$line" = $$ ] || others="$others
$line";; esac
    done
    [ -n "$others" ] || return 0
    kill $others 2>/dev/null
  done
  fail "offset $(stat -c %s "$2")"
}
sweep() {
  set +f
  for old in ./${PART_PREFIX}*; do
    { [ -f "$old" ] || [ -d "$old" ]; } && [ ! -L "$old" ] && [ "$old" != "$1" ] || continue
    [ -n "$(find "$old" -prune -mmin +${PART_KEPT_MINUTES} 2>/dev/null)" ] || continue
    held "\${here%/}/\${old#./}" || rm -rf "$old"
  done
  set -f
}
offer() {
  [ -n "$${PIPE_VARIABLE}" ] || return 1
  [ "$1" -ge ${WORTH_A_PIPE_BYTES} ] && mkfifo -m 600 "$${PIPE_VARIABLE}" 2>/dev/null || { echo none; return 1; }
  echo pipe; read -r way
  [ "$way" = pipe ] || { rm -f "$${PIPE_VARIABLE}"; return 1; }
}
read_by_pipe() { offer "$1" || return 0; exec <"$${PIPE_VARIABLE}"; rm -f "$${PIPE_VARIABLE}"; }
write_by_pipe() { if offer "$1"; then exec 6>"$${PIPE_VARIABLE}"; rm -f "$${PIPE_VARIABLE}"; else exec 6>&1; fi; }
plain "$1"; writable=$plain
plain "$2"; readable=$plain
shift 2
`;

const script = (body: string): string => prelude + body;

/** folder → where it is, NUL, a line of each entry (no name has a slash: `./` begins one), NUL, pairs of links and targets. */
export const LIST = script(`
need find stat
plain "$1"; enter "$plain" "$readable"
printf '%s\\0' "$here"
inside "$here" "$writable" && printf w || printf r
find . -mindepth 1 -maxdepth 1 -exec stat -c '%f %s %Y %n' {} + 2>/dev/null
printf '\\0'
find . -mindepth 1 -maxdepth 1 -type l -exec sh -c 'for link do
  kind=-; if [ -d "$link" ]; then kind=d; elif [ -f "$link" ]; then kind=f; elif [ -e "$link" ]; then kind=o; fi
  printf "%s\\0%s" "$link" "$kind"; readlink -n "$link"; printf "\\0"
done' sh {} + 2>/dev/null
exit 0
`);

/** folder, name, first block (65,536 bytes each) or `all` or `none`, number of blocks → a line of facts, then what is in it. */
export const READ = script(`
need stat readlink cat dd
plain "$1"; enter "$plain" "$readable"
plain "$2"; name=$plain
[ -e "./$name" ] || { [ -L "./$name" ] && fail dangling; fail missing; }
[ -d "./$name" ] && fail folder
[ -f "./$name" ] || fail special
exec 5<&0 <"./$name"
real=$(readlink -n /proc/self/fd/0; printf x); real=\${real%x}
case $real in /*) inside "\${real%/*}" "$readable" || fail outside;; *) fail special;; esac
[ -f /proc/self/fd/0 ] || fail special
facts=$(facts /proc/self/fd/0)
write_by_pipe "\${facts%% *}" <&5
printf '%s\\n' "$facts"
exec >&6 5<&- 6>&-
case $3 in
  none) ;;
  all) exec cat;;
  *) exec dd bs=65536 skip="$3" count="$4" 2>/dev/null;;
esac
`);

/**
 * folder, name, id of the part, where to go on (`new`: from nothing, and nothing is left of it where it fails), size when it is whole
 * (`-`: not known, so it is not finished), mode or nothing, ETag that the old one must have (or `*`, or nothing), `fresh` (there must be
 * none) or nothing, `parents` or nothing. stdin: what goes into it → `part <bytes>`, or `done` and a line of facts.
 */
export const WRITE = script(`
need stat cat mv chmod readlink
plain "$1"; if [ "$9" = parents ]; then enter_making "$plain"; else enter "$plain" "$writable"; fi
plain "$2"; name=$plain; target=./$name; part=./${PART_PREFIX}$3
sweep "$part"
check() {
  [ -L "$target" ] && fail "link $(readlink -n "$target")"
  [ -d "$target" ] && fail folder
  [ -e "$target" ] && [ ! -f "$target" ] && fail special
  [ "$8" = fresh ] && [ -e "$target" ] && fail exists
  matches "$target" "$7"
}
check "$@"
mask=$(umask); umask 077
if [ "$4" = new ]; then
  trap 'rm -f "$part"' EXIT; trap 'exit 98' HUP INT TERM PIPE
  set -C; exec 3>"$part"; set +C
else
  # An earlier try that nobody told of its end could still add to it.
  [ -f "$part" ] && take_over "\${here%/}/\${part#./}" "$part"
  have=0; [ -f "$part" ] && have=$(stat -c %s "$part")
  [ "$have" = "$4" ] || fail "offset $have"
  exec 3>>"$part"
  [ "$(readlink -n /proc/self/fd/3; printf x)" = "$here/\${part#./}x" ] || fail outside
fi
umask "$mask"
read_by_pipe ${WORTH_A_PIPE_BYTES}
cat >&3 || exit 1
have=$(stat -L -c %s /proc/self/fd/3)
exec 3>&-
[ "$4" = new ] || [ "$have" = "$5" ] || { printf 'part %s\\n' "$have"; exit 0; }
[ "$have" = "$5" ] || fail "short $have"
check "$@"
if [ -e "$target" ]; then
  mode=$(stat -c %a "$target"); owner=$(stat -c %u:%g "$target")
  [ "$(stat -c %u:%g "$part")" = "$owner" ] || chown "$owner" "$part" || fail owner
else mode=$(printf '%o' $((0666 & ~0$mask))); fi
chmod "\${6:-$mode}" "$part" || exit 1
mv -f -T "$part" "$target" || exit 1
trap - EXIT
printf 'done '; facts "$target"
`);

/** folder, id → the bytes of a part that are there. */
export const PART_SIZE = script(`
plain "$1"; enter "$plain" "$writable"
if [ -f "./${PART_PREFIX}$2" ]; then stat -c %s "./${PART_PREFIX}$2"; else echo 0; fi
`);

/** folder, id: a part that nobody will go on with. */
export const DROP_PART = script(`
plain "$1"; enter "$plain" "$writable"
rm -rf "./${PART_PREFIX}$2"
`);

/** folder, name, `recursive` or nothing, ETag or nothing. */
export const REMOVE = script(`
need rm rmdir
plain "$1"; enter "$plain" "$writable"
plain "$2"; target=./$plain
[ -e "$target" ] || [ -L "$target" ] || fail missing
matches "$target" "$4"
if [ -d "$target" ] && [ ! -L "$target" ]; then
  if [ "$3" = recursive ]; then rm -rf "$target"; else rmdir "$target"; fi
else rm -f "$target"; fi
`);

/** folder, name, `parents` or nothing. */
export const MAKE_FOLDER = script(`
need mkdir
plain "$1"; if [ "$3" = parents ]; then enter_making "$plain"; else enter "$plain" "$writable"; fi
plain "$2"
[ -e "./$plain" ] || [ -L "./$plain" ] && { [ "$3" = parents ] && [ -d "./$plain" ] && exit 0; fail exists; }
mkdir "./$plain"
`);

/** folder, name, folder and name it goes to, `over` or nothing. The other folder is held open: a path could come to mean another. */
export const MOVE = script(`
need mv
plain "$3"; enter "$plain" "$writable"; exec 4<.
plain "$4"; new=$plain
[ -d "./$new" ] && [ ! -L "./$new" ] && fail exists
if [ -e "./$new" ] || [ -L "./$new" ]; then [ "$5" = over ] || fail exists; fi
plain "$1"; enter "$plain" "$writable"
plain "$2"
[ -e "./$plain" ] || [ -L "./$plain" ] || fail missing
mv -f -T "./$plain" "/proc/self/fd/4/$new"
`);

/** folder, name → a tar of it, under its name. Links are stored, not followed. */
export const PACK = script(`
need tar
plain "$1"; enter "$plain" "$readable"
plain "$2"
[ -L "./$plain" ] && fail link
[ -d "./$plain" ] || { [ -e "./$plain" ] && fail kind; fail missing; }
write_by_pipe ${WORTH_A_PIPE_BYTES}
printf '\\n'
exec >&6 6>&-
exec tar -cf - --exclude='${PART_PREFIX}*' "./$plain"
`);

/** folder, name, id, `parents` or nothing. stdin: a tar, of whose entries each was looked at → a part that is a folder, not yet in its place. */
export const UNPACK = script(`
need tar mkdir touch
plain "$1"; if [ "$4" = parents ]; then enter_making "$plain"; else enter "$plain" "$writable"; fi
plain "$2"
[ -e "./$plain" ] || [ -L "./$plain" ] && fail exists
part=./${PART_PREFIX}$3
sweep "$part"
mkdir "$part" || exit 1
pin "$part" "$writable"
read_by_pipe ${WORTH_A_PIPE_BYTES}
tar -xof -; code=$?
# An archive says its own folder's age: until it is in its place it is as old as it is.
touch . || exit 1
exit "$code"
`);

/** folder, name, id: the part takes its place. */
export const FINISH_UNPACK = script(`
need mv
plain "$1"; enter "$plain" "$writable"
plain "$2"
[ -e "./$plain" ] || [ -L "./$plain" ] && fail exists
mv -f -T "./${PART_PREFIX}$3" "./$plain"
`);

/**
 * bytes that a look may take, a mark. For each line on stdin, of each folder that is open and there: `R` and where it is, NUL; then of what is
 * in it, some at a time, `B` and a line of each, NUL, and their names, each with a NUL. After a look NUL, the mark, NUL. Links are not
 * followed, nor other file systems. It ends with its stdin: nothing of it is left where the agent was killed.
 */
export const WATCH = script(`
need find xargs stat head
look() {
  for root in $readable; do (
    pin "$root" "$readable"
    printf 'R%s\\0' "$here"
    find . -xdev -name '${PART_PREFIX}*' -prune -o -print0 | xargs -0 sh -c '
      printf B || exit 255
      stat -c "%f|%s|%i|%y|%z|%n" "$@"
      printf "\\0" || exit 255
      for name do printf "%s\\0" "$name" || exit 255; done' sh
  ) 2>/dev/null </dev/null; done
}
while read -r _; do
  look | head -c "$1"
  printf '\\0%s\\0' "$2"
done
`);

/** signal, name of a program → how many were sent it. */
export const SIGNAL_NAMED = script(`
need tr head
count=0
for id in $(cd /proc && set +f && printf '%s\\n' [0-9]*); do
  [ "$id" = $$ ] && continue
  read -r name <"/proc/$id/comm" || continue
  [ "$name" = "$2" ] || { name=$(tr '\\0' '\\n' <"/proc/$id/cmdline" | head -n 1); [ "\${name##*/}" = "$2" ] || continue; }
  kill -s "$1" "$id" && count=$((count + 1))
done 2>/dev/null
echo "$count"
`);
