import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into a server before it (`--import`): at SIGUSR2 it collects garbage and writes down what is left in its heap, and
 * outside of it, in bytes.
 */
const path = process.env['HEAP_FILE']
if (isMainThread && path !== undefined) {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => {
    collectGarbage()
    const { heapUsed, external } = process.memoryUsage()
    writeFileSync(path, String(heapUsed + external))
  })
}
