/** Whether the account may not look: system characteristics have no other place for it than what collectors say. */
export const isDenial = (message: string): boolean => message.includes('permission denied')
