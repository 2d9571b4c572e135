import type { Evaluation } from '../oval/evaluate/evaluation.ts'
import { countStatuses } from '../oval/evaluate/state.ts'
import { derivesFromMasked } from '../oval/masks.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { ObjectSet } from '../oval/model/object.ts'
import type { ResolvedEntity } from '../oval/model/resolved-object.ts'
import type { TestResult } from '../oval/model/result.ts'
import { maxTracedMembers, maxTracedValues } from './trace.ts'
import type { AskedEntity, FilterTrace, ObjectTrace, SetTrace } from './trace.ts'

/** What was asked for, and how that went; of a set the same for all that it is made of. */
export function traceObject(
  content: OvalContent,
  evaluation: Evaluation,
  asked: NonNullable<TestResult['object']>,
): ObjectTrace {
  let members = 0
  return trace(asked)

  function trace({ id, flag, messages, counts }: Omit<typeof asked, 'digest'>): ObjectTrace {
    const { entities, filters } = evaluation.resolveObject(id)
    const set = content.objects[id]?.set
    return {
      id,
      flag,
      messages,
      counts,
      asked: entities.map((entity) => traceEntity(content, entity)),
      filters: filters.map(({ action, state }) => traceFilter(action, state.entities)),
      ...(set === undefined ? {} : { set: traceSet(set) }),
    }
  }

  function traceSet(set: ObjectSet): SetTrace {
    return {
      operator: set.operator,
      filters: set.filters.map(({ action, stateRef }) => traceFilter(action, evaluation.state(stateRef).entities)),
      members: set.members.flatMap((member): SetTrace['members'] => {
        members += 1
        // A set may name a set twice, and that another: as many as can be read.
        if (members > maxTracedMembers) return []
        if (typeof member !== 'string') return [{ kind: 'set', set: traceSet(member) }]
        const { flag, messages, items } = evaluation.object(member)
        return [{ kind: 'object', object: trace({ id: member, flag, messages, counts: countStatuses(items) }) }]
      }),
    }
  }

  function traceFilter(action: FilterTrace['action'], entities: readonly ResolvedEntity[]): FilterTrace {
    return { action, entities: entities.map((entity) => traceEntity(content, entity)) }
  }
}

function traceEntity(content: OvalContent, { name, operation, values, mask, variable }: ResolvedEntity): AskedEntity {
  const isHidden = mask || (variable !== undefined && derivesFromMasked(content, variable.id))
  return {
    name,
    operation,
    values: isHidden ? [] : values.slice(0, maxTracedValues),
    ...(variable === undefined ? {} : { variable: variable.id }),
  }
}
