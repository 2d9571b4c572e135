/** For a process that is to know nothing of whoever runs the tests, but need not compile again what another has. */
export const bareEnvironment = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
}
