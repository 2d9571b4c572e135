import type { ObjectTrace, SetTrace } from './trace.ts'

/** The objects at the end of the sets that an object is made of; none when it is no set. */
export function membersOf(object: ObjectTrace | undefined): ObjectTrace[] {
  return object?.set === undefined ? [] : endsOf(object.set)
}

function endsOf({ members }: SetTrace): ObjectTrace[] {
  return members.flatMap((member) => {
    const set = member.kind === 'set' ? member.set : member.object.set
    if (set !== undefined) return endsOf(set)
    return member.kind === 'object' ? [member.object] : []
  })
}
