/** The errors of the library's methods: those of Python that have no code. */

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Something that is not there, as Python's KeyError. */
export function keyError(message: string): Error {
  return named("KeyError", message);
}

/** Nothing to take, or no such place, as Python's IndexError. */
export function indexError(message: string): Error {
  return named("IndexError", message);
}

/** As Python's queue.Full. */
export function full(message: string): Error {
  return named("Full", message);
}

/** As Python's queue.Empty. */
export function empty(message: string): Error {
  return named("Empty", message);
}
