import { Refusal } from './errors.ts';
import { type DeliveryClass, type Json, TYPES } from './message.ts';

/** How an application's own type may be kept: presence is the server's. */
export type OwnClass = Exclude<DeliveryClass, 'presence'>;

/**
 * A validator of the Standard Schema kind (standardschema.dev, version 1): zod, valibot, arktype and others offer it, so
 * an application brings its own library in its own version.
 */
export interface Schema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

interface Issue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What an application says of its type. */
export interface TypeDefinition<Data> {
  /** Checks and types `data`; without it any JSON goes. It must answer at once, not by a promise. */
  schema?: Schema<Data>;
  /** `durable`: kept, never skipped. `state`: the latest per key. `ephemeral`: sent to whoever keeps up. */
  class: OwnClass;
  /** State: the key of a message that brings none. */
  key?: (data: Data) => string;
}

/** An application's own type. Made by `defineType`. */
export interface OwnType<Data = unknown> {
  readonly name: string;
  readonly class: OwnClass;
  /** @throws Refusal `invalid_message`, saying where `data` is wrong */
  parse(data: Json): Data & Json;
  keyOf(data: Json): string;
}

const NAME = /^[a-z][a-z0-9_.:-]{0,63}$/;
/** Names that Socket.IO or the protocol use for something else. */
const RESERVED = new Set([
  ...Object.keys(TYPES),
  'message',
  'connect',
  'connection',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newlistener',
  'removelistener',
]);

/**
 * Defines a type of an application's own, the same on both protocols.
 *
 *     const move = defineType('move', { schema: z.object({ x: z.number(), y: z.number() }), class: 'ephemeral' });
 *
 * @throws TypeError where the name is reserved or malformed, or the definition makes no sense
 */
export function defineType<Data = Json>(name: string, definition: TypeDefinition<Data>): OwnType<Data> {
  const { schema, class: kind, key } = definition;
  if (RESERVED.has(name)) throw new TypeError(`The type name "${name}" is reserved`);
  if (!NAME.test(name)) throw new TypeError(`The type name "${name}" does not match ${NAME}`);
  if (!['durable', 'state', 'ephemeral'].includes(kind)) {
    throw new TypeError(`The type "${name}" needs a class: durable, state or ephemeral`);
  }
  if (key && kind !== 'state') throw new TypeError(`The type "${name}" has a key, but is not of the class state`);
  return {
    name,
    class: kind,
    parse: (data) => (schema ? validate(schema, data) : data) as Data & Json,
    keyOf: (data) => key?.(data as Data) ?? '',
  };
}

function validate<Data>(schema: Schema<Data>, data: Json): Data {
  const result = schema['~standard'].validate(data);
  if (result instanceof Promise) throw new TypeError('A schema must validate at once, not by a promise');
  if (result.issues === undefined) return result.value;
  // Where, in the client's own words; what the library says of it stays inside.
  throw new Refusal('invalid_message', { detail: 'data', value: pathOf(result.issues[0]) });
}

function pathOf(issue: Issue | undefined): string {
  const keys = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return ['data', ...keys].join('.');
}

/** Reads `score:state`, as a server without application code names a type. @throws TypeError */
export function parseType(text: string): OwnType {
  const colon = text.lastIndexOf(':');
  return defineType(text.slice(0, Math.max(0, colon)).trim(), { class: text.slice(colon + 1).trim() as OwnClass });
}
