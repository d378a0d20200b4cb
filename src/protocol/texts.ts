/** The languages of the server's own texts. Programs read codes; texts are for people. */
export const LOCALES = ['es', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** A text in every language; `{}` stands for the value it is about. */
export type Text = Readonly<Record<Locale, string>>;

/** What the server says in messages and log lines. */
export const TEXTS = {
  user_list: { es: 'Lista de usuarios conectados', en: 'List of connected users' },
  user_joined: { es: '{} se ha unido al chat', en: '{} joined the chat' },
  user_left: { es: '{} ha salido del chat', en: '{} left the chat' },
  connected: { es: 'Cliente conectado', en: 'Client connected' },
  token_expiring: { es: 'El token caduca en {} s', en: 'The token expires in {} s' },
  moving: {
    es: 'El servidor se reinicia; la conexión pasa a otro',
    en: 'The server restarts; the connection moves to another one',
  },
  disconnected: { es: 'Cliente desconectado', en: 'Client disconnected' },
} as const satisfies Record<string, Text>;

/** Writes a text in a language, with its value in place. */
export function say(text: Text, locale: Locale, value: string | number = ''): string {
  // A function as replacement: a value such as "$&" must appear as it is.
  return text[locale].replace('{}', () => String(value));
}
