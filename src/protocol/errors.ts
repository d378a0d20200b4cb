import { type Locale, say, type Text } from './texts.ts';

interface ErrorRule extends Text {
  /** The HTTP status of the same refusal at the handshake or on an HTTP path. */
  status: number;
  /** May the same request succeed later? */
  retryable: boolean;
}

/** Refusals: the sender alone hears of them, its connection lives on. */
export const ERRORS = {
  invalid_json: { status: 400, retryable: false, es: 'No es JSON válido', en: 'Not valid JSON' },
  invalid_message: { status: 400, retryable: false, es: 'Mensaje no válido', en: 'Invalid message' },
  invalid_room: {
    status: 400,
    retryable: false,
    es: 'Nombre de sala no válido: de 1 a 128 caracteres de A-Z a-z 0-9 _ - . : / @',
    en: 'Invalid room name: 1 to 128 characters of A-Z a-z 0-9 _ - . : / @',
  },
  invalid_username: { status: 400, retryable: false, es: 'Nombre de usuario no válido', en: 'Invalid username' },
  invalid_user_id: { status: 400, retryable: false, es: 'userId no válido', en: 'Invalid userId' },
  invalid_session: { status: 400, retryable: false, es: 'session no válida', en: 'Invalid session' },
  unknown_type: { status: 400, retryable: false, es: 'Tipo de mensaje desconocido', en: 'Unknown message type' },
  forbidden_type: {
    status: 403,
    retryable: false,
    es: 'Solo el servidor envía este tipo de mensaje',
    en: 'Only the server sends this type of message',
  },
  too_large: { status: 413, retryable: false, es: 'Mensaje demasiado grande', en: 'Message too large' },
  unauthorized: { status: 401, retryable: false, es: 'Token inválido', en: 'Invalid token' },
  forbidden: { status: 403, retryable: false, es: 'No está permitido', en: 'Not allowed' },
  forbidden_origin: {
    status: 403,
    retryable: false,
    es: 'Esta página no puede conectarse aquí',
    en: 'This page may not connect here',
  },
  not_in_room: { status: 403, retryable: false, es: 'No estás en esa sala', en: 'You are not in that room' },
  room_limit: { status: 400, retryable: false, es: 'Demasiadas salas', en: 'Too many rooms' },
  user_not_found: {
    status: 404,
    retryable: false,
    es: 'Ese usuario no está conectado',
    en: 'That user is not connected',
  },
  rate_limited: { status: 429, retryable: true, es: 'Demasiados mensajes', en: 'Too many messages' },
  over_capacity: { status: 503, retryable: true, es: 'El servidor está lleno', en: 'The server is full' },
  unavailable: { status: 503, retryable: true, es: 'Servicio no disponible', en: 'Service unavailable' },
  internal: { status: 500, retryable: true, es: 'Error interno', en: 'Internal error' },
  upgrade_required: {
    status: 426,
    retryable: false,
    es: 'Esta dirección habla WebSocket: conéctate con new WebSocket(url)',
    en: 'This address speaks WebSocket: connect with new WebSocket(url)',
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    es: 'Esta dirección no admite ese método',
    en: 'This address does not take that method',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    es: 'El cuerpo debe ser JSON: Content-Type: application/json',
    en: 'The body must be JSON: Content-Type: application/json',
  },
  not_found: { status: 404, retryable: false, es: 'No existe esa dirección', en: 'No such address' },
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERRORS;

/** What exactly was wrong, where a code alone would leave the reader guessing. */
export const DETAILS = {
  not_object: { es: 'debe ser un objeto JSON', en: 'it must be a JSON object' },
  no_type: { es: 'falta "type"', en: '"type" is missing' },
  not_text: { es: '"{}" debe ser un texto', en: '"{}" must be a string' },
  empty: { es: 'falta "content" o "data"', en: '"content" or "data" is missing' },
  no_token: { es: 'falta "token"', en: '"token" is missing' },
  client_msg_id: {
    es: '"clientMsgId" admite de 1 a 64 caracteres ASCII imprimibles',
    en: '"clientMsgId" takes 1 to 64 printable ASCII characters',
  },
  to_and_room: { es: '"to" y "room" no van juntos', en: '"to" and "room" exclude each other' },
  too_deep: { es: 'más de {} niveles de anidamiento', en: 'nested deeper than {} levels' },
  proto: { es: 'la clave "__proto__" no se admite', en: 'the key "__proto__" is not accepted' },
  ill_formed: { es: 'contiene Unicode mal formado', en: 'it contains ill-formed Unicode' },
  data: { es: '"{}" no es válido', en: '"{}" is not valid' },
  state_to: {
    es: 'un tipo de estado va a una sala, no a un usuario',
    en: 'a type of the class state goes to a room, not to a user',
  },
  binary: { es: 'no se admiten datos binarios', en: 'binary data is not accepted' },
  arguments: { es: 'un evento lleva un solo argumento', en: 'an event carries one argument' },
  size: { es: 'el máximo es de {} bytes', en: 'the limit is {} bytes' },
  rooms: { es: 'el máximo es de {} por conexión', en: 'the limit is {} per connection' },
  leave_default: { es: 'no se puede salir de la sala general', en: 'the default room cannot be left' },
  type_named: { es: '"{}"', en: '"{}"' },
  name_length: { es: 'de 1 a {} caracteres', en: '1 to {} characters' },
  name_characters: {
    es: 'no admite caracteres de control, de formato bidireccional ni Unicode mal formado',
    en: 'control characters, bidirectional formatting and ill-formed Unicode are not accepted',
  },
  name_spaces: { es: 'no admite espacios', en: 'spaces are not accepted' },
  name_reserved: { es: 'está reservado', en: 'it is reserved' },
  name_text: { es: 'debe ser un texto', en: 'it must be a string' },
  upgrade: { es: 'no es un handshake de WebSocket', en: 'not a WebSocket handshake' },
  closing: { es: 'el servidor se está cerrando', en: 'the server is shutting down' },
  api_key: { es: 'falta una clave válida de la API', en: 'a valid API key is missing' },
  attempts: { es: 'demasiadas claves erróneas desde esta dirección', en: 'too many wrong keys from this address' },
  barred: { es: 'este usuario no puede entrar por ahora', en: 'this user may not come in for now' },
  bars: { es: 'no caben más vetos', en: 'there is no room for more bars' },
  batch: { es: 'de 1 a {} mensajes', en: '1 to {} messages' },
  connections: { es: 'demasiadas conexiones desde esta dirección', en: 'too many connections from this address' },
  user_connections: { es: 'demasiadas conexiones de este usuario', en: 'too many connections of this user' },
} as const satisfies Record<string, Text>;

export type Detail = keyof typeof DETAILS;

interface RefusalOptions {
  detail?: Detail | undefined;
  /** What the detail is about: a key, a limit. */
  value?: string | number | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  clientMsgId?: string | undefined;
}

/** What a client is told of a refusal, whichever way it asked. */
export interface ErrorData {
  code: ErrorCode;
  retryable: boolean;
  retryAfter?: number;
}

/** The only error whose content a client ever sees; anything else that is thrown becomes `internal`. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly retryAfter: number | undefined;
  clientMsgId: string | undefined;
  readonly #options: RefusalOptions;

  constructor(code: ErrorCode, options: RefusalOptions = {}) {
    super(code);
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.clientMsgId = options.clientMsgId;
    this.#options = options;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** Plain words for a person. */
  text(locale: Locale): string {
    const { detail, value } = this.#options;
    const words = ERRORS[this.code][locale];
    return detail ? `${words}: ${say(DETAILS[detail], locale, value)}` : words;
  }

  /** The machine-readable part. */
  data(): ErrorData {
    const data: ErrorData = { code: this.code, retryable: this.retryable };
    if (this.retryAfter !== undefined) data.retryAfter = this.retryAfter;
    return data;
  }
}

/** Makes a refusal of whatever was thrown, so that nothing of the server's inside leaves it. */
export function toRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('internal');
}

interface CloseRule extends Text {
  code: number;
}

/**
 * Ends of a connection: the connection dies, and the number tells the client what to do. RFC 6455 (7.4.1) and IANA codes
 * where they fit, else 4000–4499 = reconnecting is welcome, 4500–4999 = it is not.
 */
export const CLOSES = {
  going_away: { code: 1001, es: 'El servidor se está cerrando', en: 'The server is shutting down' },
  protocol_error: { code: 1002, es: 'Error de protocolo', en: 'Protocol error' },
  unsupported_data: { code: 1003, es: 'No se admiten datos binarios', en: 'Binary data is not accepted' },
  invalid_utf8: { code: 1007, es: 'UTF-8 no válido', en: 'Invalid UTF-8' },
  policy_violation: { code: 1008, es: 'Demasiados fragmentos', en: 'Too many fragments' },
  too_big: { code: 1009, es: 'Mensaje demasiado grande', en: 'Message too big' },
  try_again_later: { code: 1013, es: 'Inténtalo más tarde', en: 'Try again later' },
  slow_consumer: { code: 4008, es: 'Lectura demasiado lenta', en: 'Reading too slowly' },
  token_expired: { code: 4009, es: 'El token ha caducado', en: 'The token has expired' },
  no_heartbeat: { code: 4012, es: 'Sin señales de vida', en: 'No sign of life' },
  flood: { code: 4029, es: 'Demasiados mensajes', en: 'Too many messages' },
  kicked: { code: 4503, es: 'Te han desconectado', en: 'You have been disconnected' },
  replaced: { code: 4504, es: 'La sesión continúa en otra conexión', en: 'The session goes on in another connection' },
} as const satisfies Record<string, CloseRule>;

export type CloseName = keyof typeof CLOSES;

/** From this code on a client must not come back by itself. */
export const FINAL_CLOSE = 4500;
