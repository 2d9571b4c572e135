import type { Asked } from './asked.ts'

/** A difference that we stand by: in which verdicts it shows, and what speaks for our side. */
export interface Documented {
  /** Where alone it shows; anywhere without. */
  readonly places?: RegExp
  readonly rules?: RegExp
  /** What a rule has to ask for it. */
  readonly asks?: (asked: Asked) => boolean
  /** Only where the account was denied something. */
  readonly ifDenied?: true
  readonly ours: string
  readonly referee: string
  readonly clause: string
}

/** What we say of a rule, and what the referee says. */
export interface Disagreement {
  readonly place: string
  readonly rule: string
  readonly ours: string
  readonly referee: string
  readonly asked: Asked
  readonly wasDenied: () => boolean
}

/** What the referee tells of a root from outside as if it had looked: nothing is there. */
const foundEmptyOutside: ReadonlySet<string> = new Set(['linux/partition', 'unix/process58', 'unix/sysctl'])

/** What the referee says does not apply to a root from outside. */
const notApplicableOutside: ReadonlySet<string> = new Set([
  'linux/iflisteners',
  'linux/inetlisteningservers',
  'unix/interface',
  'unix/process',
  'unix/routingtable',
  'unix/uname',
])

const asksAny =
  (testTypes: ReadonlySet<string>) =>
  ({ testTypes: asked }: Asked): boolean =>
    !asked.isDisjointFrom(testTypes)

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
  ...(['pass', 'fail'] as const).map((ours) => ({
    rules: /no_shelllogin_for_systemaccounts$/,
    ours,
    referee: 'error',
    clause:
      'OVAL definitions schema, datatype of a state entity: it says how values are compared; the referee compares those of a variable by the datatype of the item, and has no order of strings',
  })),
  {
    places: / as /,
    ifDenied: true,
    ours: 'error',
    referee: '(?:pass|fail|notapplicable|unknown)',
    clause:
      'OVAL system characteristics schema, FlagEnumeration "error": what an account may not look into is not empty; the referee passes over it',
  },
  {
    places: /^offline /,
    asks: asksAny(foundEmptyOutside),
    ours: 'unknown',
    referee: '(?:pass|fail)',
    clause:
      'OVAL system characteristics schema, FlagEnumeration "not collected": mounts, processes and kernel parameters are those of a running system; the referee finds none',
  },
  {
    places: /^offline /,
    asks: ({ asksForMounts }) => asksForMounts,
    ours: 'unknown',
    referee: '(?:pass|fail)',
    clause:
      'OVAL system characteristics schema, FlagEnumeration "not collected": where other file systems are mounted, and a walk has to stop, is known of a running system; the referee walks on',
  },
  {
    places: /^offline /,
    asks: asksAny(notApplicableOutside),
    ours: 'unknown',
    referee: '(?:pass|fail|notapplicable)',
    clause:
      'OVAL system characteristics schema, FlagEnumeration: "not applicable" is for a system that cannot have such objects; this one has sockets, interfaces and a kernel as soon as it runs',
  },
  {
    places: /^offline /,
    asks: ({ isScript }) => isScript,
    ours: 'notchecked',
    referee: '(?:pass|fail)',
    clause:
      'XCCDF 1.2 schema, resultEnumType "notchecked": the rule was not evaluated, as the checking engine does not support the indicated check code; a script would judge the machine that scans, not the root; the referee runs it',
  },
]

/** Why the difference is ours to keep; undefined for one that is to be mended. */
export function whyDifferent({ place, rule, ours, referee, asked, wasDenied }: Disagreement): string | undefined {
  return documented.find(
    (one) =>
      one.places?.test(place) !== false &&
      one.rules?.test(rule) !== false &&
      one.ours === ours &&
      new RegExp(`^${one.referee}$`).test(referee) &&
      one.asks?.(asked) !== false &&
      (one.ifDenied !== true || wasDenied()),
  )?.clause
}
