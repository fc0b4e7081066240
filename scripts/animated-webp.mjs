/**
 * An animated WebP of pictures that are WebP files already: only their container is changed. Each is drawn over the
 * one before it, at its place.
 *
 * Source: https://developers.google.com/speed/webp/docs/riff_container
 *
 * @param {readonly { data: Buffer, x: number, y: number, ms: number }[]} frames x and y are even
 * @param {{ width: number, height: number }} size of the whole
 * @returns {Buffer}
 */
export function animatedWebp(frames, { width, height }) {
  const ANIMATED = 0x02;
  const header = chunk('VP8X', [Buffer.from([ANIMATED, 0, 0, 0]), uint24(width - 1), uint24(height - 1)]);
  const FOREVER = 0;
  const animation = chunk('ANIM', [Buffer.from([255, 255, 255, 255]), Buffer.from([FOREVER, 0])]);
  const body = Buffer.concat([Buffer.from('WEBP'), header, animation, ...frames.map(frameChunk)]);
  return chunk('RIFF', [body]);
}

function frameChunk({ data, x, y, ms }) {
  const picture = pictureOf(data);
  const DO_NOT_BLEND = 0x02;
  return chunk('ANMF', [
    uint24(x / 2),
    uint24(y / 2),
    uint24(picture.width - 1),
    uint24(picture.height - 1),
    uint24(ms),
    Buffer.from([DO_NOT_BLEND]),
    picture.chunk,
  ]);
}

/** The lossy bitstream of a WebP file, with its chunk's head, and its size. */
function pictureOf(file) {
  for (let at = 12; at < file.length; ) {
    const bytes = file.readUInt32LE(at + 4);
    const end = at + 8 + bytes + (bytes % 2);
    if (file.toString('latin1', at, at + 4) === 'VP8 ') {
      // A key frame: 3 bytes of tag, 3 of start code, then 14 bits each.
      const width = file.readUInt16LE(at + 14) & 0x3fff;
      const height = file.readUInt16LE(at + 16) & 0x3fff;
      return { width, height, chunk: file.subarray(at, end) };
    }
    at = end;
  }
  throw new Error('This picture is not a lossy WebP.');
}

function chunk(name, parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function uint24(value) {
  return Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);
}
