let context: AudioContext | undefined;

/** Two short tones for a severe call, three higher ones for an emergency. Silent where the browser forbids sound. */
export function chime(emergency: boolean) {
	try {
		context ??= new AudioContext();
		const tones = emergency ? [880, 1175, 880] : [660, 880];
		tones.forEach((hz, i) => {
			const at = context!.currentTime + i * 0.2;
			const tone = context!.createOscillator();
			const gain = context!.createGain();
			tone.frequency.value = hz;
			gain.gain.setValueAtTime(0, at);
			gain.gain.linearRampToValueAtTime(0.2, at + 0.02);
			gain.gain.linearRampToValueAtTime(0, at + 0.17);
			tone.connect(gain).connect(context!.destination);
			tone.start(at);
			tone.stop(at + 0.18);
		});
	} catch {
		// No sound device: the screen shows the same.
	}
}
