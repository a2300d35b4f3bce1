// Two tones that cannot be mistaken for each other across a noisy hall: rising = accepted, low and double = refused.
const TONES = {
  accepted: [
    { frequency: 880, type: "sine", start: 0, length: 0.09 },
    { frequency: 1320, type: "sine", start: 0.1, length: 0.16 },
  ],
  refused: [
    { frequency: 196, type: "square", start: 0, length: 0.22 },
    { frequency: 196, type: "square", start: 0.3, length: 0.32 },
  ],
};
const VOLUME = 0.25;
let context = null;

export function tone(kind) {
  document.documentElement.dataset.tone = kind;
  try {
    context = context || new AudioContext();
    if (context.state === "suspended") context.resume();
    for (const part of TONES[kind]) play(part);
  } catch (error) {
    console.warn("no sound here", error);
  }
}

function play({ frequency, type, start, length }) {
  const at = context.currentTime + start;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = type;
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(VOLUME, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}
