/** Where this server's doors are: the Socket.IO namespace is a setting. */

/** @type {{ socketio: { namespace: string } }} */
const endpoints = await fetch('/ws/endpoints').then((response) => response.json());

export const { namespace } = endpoints.socketio;
