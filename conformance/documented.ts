/** A difference that we stand by: in which verdicts it shows, and what speaks for our side. */
export interface Documented {
  readonly rules: RegExp
  readonly ours: string
  readonly referee: string
  readonly clause: string
}

export const documented: readonly Documented[] = [
  {
    rules: /(?:_single_service_active|logging_services_active)$/,
    ours: 'error',
    referee: 'unknown',
    clause:
      'OVAL definitions schema, var_ref and FlagEnumeration: a variable that counts what could not be collected is an error, and so is the test; the referee makes a variable item without a value of it',
  },
  {
    rules: /selinux_(?:confinement_of_daemons|all_devicefiles_labeled)$/,
    ours: 'notapplicable',
    referee: 'pass',
    clause:
      'OVAL system characteristics schema, FlagEnumeration "not applicable": without SELinux in the kernel nothing has a context to be judged',
  },
  {
    rules: /_rule_sebool_/,
    ours: 'notapplicable',
    referee: 'unknown',
    clause:
      'OVAL system characteristics schema, FlagEnumeration "not applicable": without SELinux there are no booleans of its policy; the probe of the referee ends without an answer',
  },
]

/** Why the difference is ours to keep; undefined for one that is to be mended. */
export function whyDifferent(rule: string, ours: string, referee: string): string | undefined {
  return documented.find(
    (one) => one.rules.test(rule) && one.ours === ours && new RegExp(`^${one.referee}$`).test(referee),
  )?.clause
}
