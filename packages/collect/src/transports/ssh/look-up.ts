import { execFile } from 'node:child_process'
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

/**
 * Looks names up as this machine does, each in a process of its own, that ends with the signal. Node's own way takes two of
 * the process's four threads at most: names whose server is silent keep all others waiting, and cannot be given up. More
 * threads would not be free: each keeps the memory that hashes of passwords took.
 */
export function lookUpAside(signal: AbortSignal): LookupFunction {
  return (name, options, answer) => {
    const unknown = Object.assign(new Error(`no address is known of ${name}`), { code: 'ENOTFOUND' })
    // To getent it would be an option.
    if (name.startsWith('-')) return answer(unknown, [])
    execFile('getent', ['ahosts', name], { signal }, (error, stdout) => {
      if (error?.code === 'ENOENT') return lookup(name, options, answer)
      // It was not asked: no process to spare, or given up.
      if (typeof error?.code === 'string') {
        return answer(Object.assign(new Error(error.message), { code: error.code }), [])
      }
      const addresses = new Set(stdout.split('\n').map((line) => line.split(/\s/, 1)[0] ?? ''))
      const found = [...addresses]
        .map((address) => ({ address, family: isIP(address) }))
        .filter(({ family }) => family > 0)
      answer(found.length === 0 ? unknown : null, found)
    })
  }
}
