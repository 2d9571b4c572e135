import { parseSystemdWords } from '../../parsers/systemctl-show.ts'
import { readUnits } from '../../platform/systemd.ts'
import { defineTestType } from '../../test-type.ts'

/** Properties of systemd's units: the linux `systemdunitproperty_test`. */
export const systemdunitproperty = defineTestType({
  family: 'linux',
  name: 'systemdunitproperty',
  description: 'Properties of the units that systemd has loaded, as systemctl(1) shows them.',
  object: ['unit', 'property'],
  item: { unit: 'string', property: 'string', value: 'string' },

  async collect(session, { object }) {
    const units = await readUnits(session, object.property.literals)
    return units
      .filter(({ name }) => object.unit.matches(name))
      .flatMap(({ name, properties }) =>
        [...properties].flatMap(([property, lines]) => {
          if (!object.property.matches(property)) return []
          const value = lines.flatMap((line) => valuesOf(property, line))
          // An array without elements is no property to the referee.
          return value.length === 0 ? [] : [{ unit: name, property, value }]
        }),
      )
  },
})

/** The bus tells true and false where systemctl prints yes and no, and each element of an array is a value. */
function valuesOf(property: string, text: string): string[] {
  // A structure that systemctl has no form for.
  if (text === '[unprintable]') return []
  if (lists.has(property)) return parseSystemdWords(text)
  if (!booleans.has(property)) return [text]
  return [text === 'yes' ? 'true' : text === 'no' ? 'false' : text]
}

/** Properties of type `as` in the interface org.freedesktop.systemd1.Unit (org.freedesktop.systemd1(5)). */
const lists: ReadonlySet<string> = new Set([
  'After',
  'Before',
  'BindsTo',
  'BoundBy',
  'CanClean',
  'ConflictedBy',
  'Conflicts',
  'ConsistsOf',
  'Documentation',
  'DropInPaths',
  'JoinsNamespaceOf',
  'Markers',
  'Names',
  'OnFailure',
  'OnFailureOf',
  'OnSuccess',
  'OnSuccessOf',
  'PartOf',
  'PropagatesReloadTo',
  'PropagatesStopTo',
  'Refs',
  'ReloadPropagatedFrom',
  'RequiredBy',
  'Requires',
  'RequiresMountsFor',
  'Requisite',
  'RequisiteOf',
  'SliceOf',
  'StopPropagatedFrom',
  'TriggeredBy',
  'Triggers',
  'UpheldBy',
  'Upholds',
  'WantedBy',
  'Wants',
  'WantsMountsFor',
])

/** Those of type `b`. */
const booleans: ReadonlySet<string> = new Set([
  'AllowIsolate',
  'AssertResult',
  'CanFreeze',
  'CanIsolate',
  'CanLiveMount',
  'CanReload',
  'CanStart',
  'CanStop',
  'ConditionResult',
  'DefaultDependencies',
  'IgnoreOnIsolate',
  'NeedDaemonReload',
  'Perpetual',
  'RefuseManualStart',
  'RefuseManualStop',
  'StopWhenUnneeded',
  'SurviveFinalKillSignal',
  'Transient',
])
