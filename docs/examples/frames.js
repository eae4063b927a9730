// --8<-- [start:write]
const write = (header, bytes) => new Blob([JSON.stringify(header), "\n", bytes]);
// --8<-- [end:write]

// --8<-- [start:read]
const read = (buffer) => {
  const end = new Uint8Array(buffer).indexOf(10); // the first line feed
  return [JSON.parse(new TextDecoder().decode(buffer.slice(0, end))), buffer.slice(end + 1)];
};
// --8<-- [end:read]

module.exports = { read, write };
