/**
 * Lets a process finish what it does when nobody takes what it prints. A reader that has seen enough (`| head`) is no failure. Where
 * standard output could not be kept, on a full disk for instance, the process says so and ends with 1 instead of 0.
 */
export function outliveOutput(): void {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`standard output could not be written: ${error.message}\n`)
    process.on('exit', (code) => {
      if (code === 0) process.exitCode = 1
    })
  })
}
