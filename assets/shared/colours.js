// Colours as [red, green, blue], and packed as a picture's memory holds them: 0xAABBGGRR.

// What speaks for and against, in all signed pictures; the legends have the same from page.css.
export const FOR = [129, 140, 248];
export const AGAINST = [251, 146, 60];
const NIGHT = 17; // the ground of signed pictures, the same in both themes
const INK = 62; // how much the drawing itself lightens it

export const packed = ([red, green, blue]) => (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
export const grey = (value) => packed([value, value, value]);

// `value` from -127 to 127 goes from orange over dark to indigo; `ink`, 0 to 255, shines through.
export function signedColour(value, ink = 0) {
  const strength = Math.abs(value) / 127;
  const ground = NIGHT + (INK * ink) / 255;
  const colour = value > 0 ? FOR : AGAINST;
  return colour.map((part) => Math.round(ground + (part - ground) * strength));
}

// Made once: forty pictures without ink are painted anew again and again while a network learns.
const SHADES = Uint32Array.from({ length: 255 }, (_, index) => packed(signedColour(index - 127)));
export const shade = (value) => SHADES[value + 127];

export const mixed = (colour, ground, alpha) =>
  colour.map((value, i) => Math.round(value * alpha + ground[i] * (1 - alpha)));

// Relative luminance of an sRGB colour, as WCAG defines it.
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// Black or white, whichever is farther away: at least 4.5 to 1 on any colour.
export const legibleOn = (colour) => (luminance(colour) > 0.179 ? "#000" : "#fff");
