/**
 * The name of an account as sudoers takes it, in quotes unless it is plain. Undefined for what would be somebody else there:
 * a group, a number, everybody, an alias.
 */
export function accountInSudoers(name: string): string | undefined {
  if (/^[a-z_][a-z0-9_-]*$/.test(name)) return name
  return /^[A-Za-z0-9_][!#-[\]-~]*$/.test(name) && !/^[A-Z][A-Z0-9_]*$/.test(name) ? `"${name}"` : undefined
}
