/** The release of the commands; `house.test.ts` holds it to that of the packages. */
export const version = '0.1.0'
