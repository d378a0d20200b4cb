export type Packet = string | Buffer;

export const PLACEHOLDER = '{"_placeholder":true,"num":0}';

/** Packets that no client may send: the connection ends. Several in a row are one attempt. */
export const FATAL: Record<string, Packet[]> = {
  'an object as the name of an event': ['42[{}]'],
  'an object with toString as the name': ['42[{"toString":"x"},1]'],
  'an array as the name of an event': ['42[["chat"],{}]'],
  'null as the name of an event': ['42[null,{}]'],
  'true as the name of an event': ['42[true,{}]'],
  'no name at all': ['42[]'],
  'an object instead of the arguments': ['42{"0":"chat","length":1}'],
  'a string instead of the arguments': ['42"chat"'],
  'arguments that are not JSON': ['42["chat",{]'],
  'the reserved event connect': ['42["connect",{}]'],
  'the reserved event connect_error': ['42["connect_error",{}]'],
  'the reserved event disconnect': ['42["disconnect","transport close"]'],
  'the reserved event disconnecting': ['42["disconnecting","transport close"]'],
  'the reserved event newListener': ['42["newListener","chat"]'],
  'the reserved event removeListener': ['42["removeListener","chat"]'],
  'a negative ack id': ['42-1["chat",{}]'],
  'an ack that is no array': ['431{"length":9}'],
  'a second CONNECT': ['40{}'],
  'a CONNECT_ERROR': ['44{"message":"x"}'],
  'a DISCONNECT with a payload': ['41{"x":1}'],
  'an unknown type of packet': ['47["chat",{}]'],
  'an event of an unknown namespace': ['42/nowhere,["chat",{}]'],
  'an empty packet': ['4'],
  'an empty frame': [''],
  'an unknown type of Engine.IO packet': ['9'],
  'a ping of the wrong side': ['2'],
  'num that is the name of a method': ['451-["chat",{"_placeholder":true,"num":"splice"}]', Buffer.from('x')],
  'num that is a negative number': ['451-["chat",{"_placeholder":true,"num":-1}]', Buffer.from('x')],
  'num beyond the attachments': ['451-["chat",{"_placeholder":true,"num":1}]', Buffer.from('x')],
  'num that is an object': ['451-["chat",{"_placeholder":true,"num":{}}]', Buffer.from('x')],
  'an attachment that nothing announced': [Buffer.from('x')],
  'a text instead of the attachment': [`451-["chat",${PLACEHOLDER}]`, '42["chat",{"content":"x"}]'],
};

/** Announcements of attachments that are refused before any of them has come. */
export const ATTACHMENTS = [
  '4510000000-["chat",{"_placeholder":true,"num":0}]',
  '4511-["chat",{"_placeholder":true,"num":0}]',
  '451e9-["chat",{"_placeholder":true,"num":0}]',
  '45Infinity-["chat",{"_placeholder":true,"num":0}]',
  '45-1-["chat",{"_placeholder":true,"num":0}]',
  '450-["chat",{"_placeholder":true,"num":0}]',
  '451.5-["chat",{"_placeholder":true,"num":0}]',
  '45-["chat",{"_placeholder":true,"num":0}]',
  '451["chat",{"_placeholder":true,"num":0}]',
  '4610000000-1[{"_placeholder":true,"num":0}]',
];

/** Events that are none of the protocol: they are answered, and the connection lives on. */
export const REFUSED: Record<string, [packets: Packet[], code: string]> = {
  'a number as the name of an event': [['42[1,{"content":"x"}]'], 'invalid_message'],
  'an event without anything': [['42'], 'invalid_message'],
  'an empty name': [['42["",{"content":"x"}]'], 'unknown_type'],
  'the name __proto__': [['42["__proto__",{"content":"x"}]'], 'unknown_type'],
  'the name constructor': [['42["constructor",{"content":"x"}]'], 'unknown_type'],
  'the name toString': [['42["toString"]'], 'unknown_type'],
  'the name hasOwnProperty': [['42["hasOwnProperty","x"]'], 'unknown_type'],
  'the event error': [['42["error",{"content":"x"}]'], 'forbidden_type'],
  'two arguments': [['42["chat",{"content":"x"},{"content":"y"}]'], 'invalid_message'],
  'a number as the argument': [['42["chat",7]'], 'invalid_message'],
  'an array as the argument': [['42["chat",["x"]]'], 'invalid_message'],
  'binary as the argument': [[`451-["chat",${PLACEHOLDER}]`, Buffer.from('x')], 'invalid_message'],
  'binary in data': [[`451-["chat",{"data":[${PLACEHOLDER}]}]`, Buffer.from('x')], 'invalid_message'],
  'binary in content': [[`451-["chat",{"content":${PLACEHOLDER}}]`, Buffer.from('x')], 'invalid_message'],
  'num that is a fraction': [['451-["chat",{"_placeholder":true,"num":0.5}]', Buffer.from('x')], 'invalid_message'],
  'an event of a callback alone': [['427'], 'invalid_message'],
  'a placeholder in an event without attachments': [[`42["chat",{"content":${PLACEHOLDER}}]`], 'invalid_message'],
  'attachments that are too large together': [
    [`4510-["chat",${PLACEHOLDER}]`, ...Array<Buffer>(10).fill(Buffer.alloc(10_000))],
    'too_large',
  ],
};
