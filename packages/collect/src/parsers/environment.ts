/** proc_pid_environ(5): assignments, each ended by a NUL. What is none is left out. */
export function parseEnvironment(text: string): { readonly name: string; readonly value: string }[] {
  return text.split('\0').flatMap((assignment) => {
    const at = assignment.indexOf('=')
    return at < 1 ? [] : [{ name: assignment.slice(0, at), value: assignment.slice(at + 1) }]
  })
}
