/** The release of this package: two of them may judge the same evidence differently. */
export const engineVersion = '0.1.0'
