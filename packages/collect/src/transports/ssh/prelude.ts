import { peekBytes } from './foresight.ts'

/**
 * The functions that the remote shell is taught once; a round is then a list of calls of them. POSIX sh as dash, bash and
 * busybox have it; GNU and busybox tools; nothing is written, no file is made (here-documents neither: some shells keep
 * them in a file). Every program has its input from nowhere, for the shell's own input is the script.
 *
 * Each function answers with one frame (`frames.ts`): its data goes to descriptor 3, then `_a` says what came of it:
 * o it went well, e the tool said why not, d it is a directory, x it is no regular file, n there is no such program,
 * l it is too large to be brought along, p only a part of it could be told, r a command ended, w a walk ended, z the round is over.
 */
const functions = String.raw`
cd / || exit 1
unset ENV BASH_ENV CDPATH IFS
_n=0
_a() { _n=$((_n+1)); printf '%s%s %s%s' "$_k" "$_n" "$1" "$_k"; }
_at() { printf '%s %s\n' "$_k" "$_n" >&2; }
_seek() { _e=$(ls -dL -- "$1" 2>&1 >/dev/null); }

# Where the account is denied, and sudo may be asked for single commands (docs/ssh.md): whether to ask it for one of a kind,
# what it made of one, and whether it refused. What it refuses whatever the path is not asked for again.
_no=' '
_denied() { case $_u$_e in sudo*'Permission denied'* | sudo*'not permitted'*) _mayask "$1" ;; *) return 1 ;; esac; }
_mayask() { case $_u$_no in *" $1 "* | '') return 1 ;; esac; [ -n "$_u" ]; }
_refused() {
  case $_t in *'sudo: unable to resolve'*) return 1 ;; *'sudo: '*) ;; *) return 1 ;; esac
  case $1 in
  cat) ;;
  find) sudo -n find / -mindepth 1 -maxdepth 0 -printf %y%f/ >/dev/null 2>&1 || _no="$_no$1 " ;;
  *) _no="$_no$1 " ;;
  esac
  return 0
}
_ask() {
  if _t=$(sudo -n "$@" 2>&1 >&3); then return 0; fi
  _refused "$1" || _e=$_t
  return 1
}

_read() { _head "$_f" "$1"; }
# Which of the files that are looked at are too large for it, one a line: one program tells of all. Where it cannot, one byte
# too many is brought along of each.
_sizes() { _large=$(find -L "$@" -maxdepth 0 -type f -size "+$_{_y}c" 2>/dev/null); }
_peek() {
  case "
$_large
" in *"
$1
"*) _a l ;; *) _head "$_z" "$1" ;; esac
}
_head() {
  _c=$1; shift
  if [ -f "$1" ]; then
    if _e=$(head -c "$_c" -- "$1" 2>&1 >&3); then _a o; return; fi
  elif [ -d "$1" ]; then _a d; return
  elif [ -e "$1" ]; then _a x; return
  else _seek "$1"
  fi
  if _denied cat; then _cat "$1"; else _a "e $_e"; fi
}
_cat() {
  _t=$(sudo -n stat -L -c %f -- "$1" 2>&1)
  case $_t in
  4???) _a d; return ;;
  [1-7]??? | [9a-f]???) _a x; return ;;
  esac
  _p=$_e
  _bounded "$_c" sudo -n cat "$1"
  _s=$_{_e##*[!0-9]} _t=$_e
  if _refused cat; then _a "e $_p"; return; fi
  case $_s in
  0 | 141 | 13) _a o ;;
  *) _a "e $_{_e%?"$_s"}" ;;
  esac
}

# Our own environment is that of the login, which this shell began with, and not what it was set to since.
_own() { _read "/proc/$$/environ"; }

_stats() {
  if _e=$(stat -c '%f %u %g %s %X %Y %Z %d %i %n' -- "$@" 2>&1 >&3); then _a o
  elif _denied stat && _ask stat -c '%f %u %g %s %X %Y %Z %d %i %n' -- "$@"; then _a o
  else _a "e $_e"
  fi
}

_targets() {
  if _e=$(stat -L -c '%f %u %g %s %X %Y %Z %d %i %n' -- "$@" 2>&1 >&3); then _a o
  elif _denied stat && _ask stat -L -c '%f %u %g %s %X %Y %Z %d %i %n' -- "$@"; then _a o
  else _a "e $_e"
  fi
}

_link() {
  if [ -L "$1" ]; then
    # Of links in /proc not everybody may read each.
    if _e=$(readlink -n -v -- "$1" 2>&1 >&3); then _a o; return; fi
  elif [ -e "$1" ]; then _a x; return
  else _e=$(ls -d -- "$1" 2>&1 >/dev/null)
  fi
  if _denied readlink && _ask readlink -n -v -- "$1"; then _a o; return; fi
  case $_e in *'Invalid argument') _a x ;; *) _a "e $_e" ;; esac
}

_canon() {
  if [ ! -e "$1" ]; then
    _seek "$1"
    if _denied readlink && _ask readlink -n -v -e -- "$1"; then _a o; else _a "e $_e"; fi
    return
  fi
  case $1 in
  */ | */. | */.. | *//*) ;;
  *)
    if [ ! -L "$1" ] && cd -P -- "$_{1%/*}/" 2>/dev/null; then
      printf '%s/%s' "$_{PWD%/}" "$_{1##*/}"; cd /; _a o; return
    fi ;;
  esac
  if _e=$(readlink -n -f -- "$1" 2>&1 >&3); then _a o
  elif _denied readlink && _ask readlink -n -v -e -- "$1"; then _a o
  else _a "e $_e"
  fi
}

if find / -maxdepth 0 -printf '' >/dev/null 2>&1 </dev/null; then
  _entries() { _e=$(find "$1/" -mindepth 1 -maxdepth 1 -printf '%y%f/' 2>&1 >&3); }
else
  _entries() {
    if [ ! -r "$1" ] || [ ! -x "$1" ]; then _e='sh: Permission denied'; return 1; fi
    for _p in "$1"/* "$1"/.[!.]* "$1"/..?*; do
      if [ -L "$_p" ]; then _t=l
      elif [ -d "$_p" ]; then _t=d
      elif [ -f "$_p" ]; then _t=f
      elif [ -p "$_p" ]; then _t=p
      elif [ -S "$_p" ]; then _t=s
      elif [ -b "$_p" ]; then _t=b
      elif [ -c "$_p" ]; then _t=c
      elif [ -e "$_p" ]; then _t=U
      else continue
      fi
      printf '%s%s/' "$_t" "$_{_p##*/}"
    done
  }
fi
_list() {
  if [ -d "$1" ]; then
    if _entries "$1"; then _a o; return; fi
    _c=p
  elif [ -e "$1" ]; then _a x; return
  else _seek "$1"; _c=e
  fi
  if _denied find && _ask find "$_{1%/}/" -mindepth 1 -maxdepth 1 -printf %y%f/; then _a o; else _a "$_c $_e"; fi
}

if timeout -s KILL 5 true >/dev/null 2>&1 </dev/null; then _w="timeout -s KILL $_l"; else _w=; fi
# With the most bytes to let through, runs a command; then _e is what it complained of, a line end, and its status.
_bounded() {
  _b=$1; shift
  _at
  _e=$({ _s=$({ { _with $_w "$@" 3>&- 4>&-; echo "$?" >&4; } | head -c "$_b" >&3; } 4>&1); printf '\n%s' "$_s"; } 2>&1 | tail -c 4096)
}
# The input goes through a builtin: it is in no argument, where others could read it, and not bounded as those are.
_i=
_with() { if [ -n "$_i" ]; then printf %s "$_i" | "$@"; else "$@"; fi; }
_feed() { _i=$1; shift; _run "$@"; _i=; }
_run() {
  if command -v "$1" >/dev/null 2>&1; then
    _bounded "$_o" "$@"
    case $1 in getfattr | ls | stat)
      if _denied "$1"; then
        _p=$_e
        _bounded "$_o" sudo -n "$@"
        _t=$_e
        if _refused "$1"; then _e=$_p; fi
      fi ;;
    esac
    _a "r $_e"
  else _a n
  fi
}
_find() {
  if [ ! -e "$2" ]; then
    _seek "$2"
    if ! _denied find; then _a "e $_e"; return; fi
  fi
  if [ -L "$2" ]; then _h=l; else _h=; fi
  if [ "$1" -lt "$_o" ]; then _c=$1; else _c=$_o; fi
  shift
  # A walk that is denied somewhere was made for nothing: sudo is asked first.
  if _mayask find; then
    _bounded "$_c" sudo -n find -H "$@"
    _t=$_e
    if _refused find; then _bounded "$_c" find -H "$@"; fi
  else _bounded "$_c" find -H "$@"
  fi
  _s=$_{_e##*[!0-9]}
  case $_s in 141 | 13) _c=c ;; *) _c= ;; esac
  _a "w $_h,$_c,$_s,$_e"
}
_end() {
  _s=$1
  for _p in /proc/[0-9]*; do
    read -r _t <"$_p/stat" || continue
    set -- $_{_t##*) }
    if [ "$4" = "$_s" ]; then kill -9 "$_{_p#/proc/}"; fi
  done 2>/dev/null
}
`

export interface PreludeOptions {
  /** The separator of the frames. It is told on standard input alone, never in an argument or the environment, where others could see it. */
  readonly separator: string
  readonly path: string
  readonly maxFileBytes: number
  readonly maxOutputBytes: number
  readonly commandTimeoutMs: number
  /** Whether sudo is asked for single commands where the account is denied. */
  readonly asksSudo: boolean
}

/** What the shell is told before the first round. One byte more than allowed is asked for, so that too much can be told. */
export function prelude(options: PreludeOptions): string {
  const { separator, path, maxFileBytes, maxOutputBytes, commandTimeoutMs, asksSudo } = options
  return `LC_ALL=C PATH=${quote(path)}
export LC_ALL PATH
_k=${separator} _y=${peekBytes} _z=${peekBytes + 1} _f=${maxFileBytes + 1} _o=${maxOutputBytes + 1} _l=${Math.max(1, Math.ceil(commandTimeoutMs / 1000))} _u=${asksSudo ? 'sudo' : ''}
${functions.replaceAll('$_{', '${')}`
}

/** A round: the calls as one command, so that the shell has read all of it before it begins. */
export function roundScript(calls: readonly string[], before: number, compress: boolean): string {
  return `{ _n=${before}\n${calls.join('\n')}\n_a z; } 3>&1 </dev/null${compress ? ' | gzip -1' : ''}\n`
}

/** A word that the shell takes as it is, whatever it holds but NUL. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
