/** Whether a name agrees with a pattern: `*` is any characters, `?` is one; upper and lower case are the same. */
export function agreesWith(pattern: string, name: string): boolean {
  // By hand and not by a regular expression: one with many stars would take for ever on a name chosen for it.
  const [wanted, given] = [pattern.toLowerCase(), name.toLowerCase()]
  let [at, star, resume] = [0, -1, 0]
  for (let index = 0; index < given.length;) {
    if (wanted[at] === '*') {
      ;[star, resume] = [at, index]
      at += 1
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index])) {
      at += 1
      index += 1
    } else if (star !== -1) {
      resume += 1
      ;[at, index] = [star + 1, resume]
    } else return false
  }
  while (wanted[at] === '*') at += 1
  return at === wanted.length
}

/** Whether one of the names agrees with the patterns, each several with commas; one after `!` takes away. */
export function isChosen(patterns: readonly string[], names: readonly string[]): boolean {
  const agrees = (pattern: string): boolean => names.some((name) => agreesWith(pattern, name))
  const given = patterns.flatMap((pattern) => pattern.split(','))
  if (given.some((pattern) => pattern.startsWith('!') && agrees(pattern.slice(1)))) return false
  const wanted = given.filter((pattern) => !pattern.startsWith('!'))
  return wanted.length === 0 || wanted.some(agrees)
}
