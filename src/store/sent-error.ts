/** An error as it crosses threads. */
import { errorText } from '../domain/error-text.ts';
import { StoreReplaced } from './place.ts';

/** Of an error's class a message keeps the name alone, and none of its own properties: of what came from the system, `code` and `path`. */
export interface SentError {
  name: string;
  message: string;
  code?: string;
  path?: string;
}

export function sentError(error: unknown): SentError {
  const { name = 'Error', code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return { name, message: errorText(error), ...(code !== undefined && { code }), ...(path !== undefined && { path }) };
}

/** The error again: StoreReplaced as what it is, and others with the name, code and path that they had. */
export function receivedError({ name, message, ...system }: SentError): Error {
  if (name === 'StoreReplaced') return new StoreReplaced(message);
  return Object.assign(new Error(message), { name }, system);
}
