import { useEffect, useImperativeHandle, useRef, useState } from "react";
import { Button } from "react-aria-components";
import WaveSurfer from "wavesurfer.js";
import { callTime } from "../lib/format";
import type { Peaks } from "../lib/model";
import { useTexts } from "../lib/texts";
import { Note } from "./note";

export interface PlayerHandle {
	seek: (ms: number) => void;
}

const speeds = [0.75, 1, 1.5, 2];
const drift = 0.08;

/**
 * Plays both parties together: the caller's recording leads, the agent's follows it. Nothing is fetched before
 * somebody presses play, because each listening is written into the trail.
 */
export function Player({
	call,
	peaks,
	onTime,
	ref,
}: {
	call: string;
	peaks: Peaks;
	onTime: (ms: number) => void;
	ref?: React.Ref<PlayerHandle>;
}) {
	const { t } = useTexts();
	const lanes = useRef<HTMLDivElement>(null);
	const caller = useRef<HTMLAudioElement>(null);
	const agent = useRef<HTMLAudioElement>(null);
	const [at, setAt] = useState(0);
	const [playing, setPlaying] = useState(false);
	const [speed, setSpeed] = useState(1);
	const [failed, setFailed] = useState(false);
	const length = peaks.duration_ms / 1000;

	useEffect(() => {
		const media = caller.current;
		const box = lanes.current;
		if (!media || !box) return;
		const colour = (name: string) =>
			getComputedStyle(box).getPropertyValue(name).trim();
		const wave = WaveSurfer.create({
			container: box,
			media,
			peaks: [peaks.caller, peaks.agent],
			duration: length,
			cursorColor: colour("--text"),
			cursorWidth: 2,
			dragToSeek: true,
			splitChannels: [
				{
					height: 60,
					waveColor: colour("--caller"),
					progressColor: colour("--caller-done"),
				},
				{
					height: 60,
					waveColor: colour("--agent"),
					progressColor: colour("--agent-done"),
				},
			],
		});
		return () => wave.destroy();
	}, [peaks, length]);

	const seek = (seconds: number) => {
		const to = Math.min(length, Math.max(0, seconds));
		if (caller.current) caller.current.currentTime = to;
		if (agent.current) agent.current.currentTime = to;
		setAt(to);
		onTime(to * 1000);
	};
	useImperativeHandle(ref, () => ({ seek: (ms) => seek(ms / 1000) }));

	const moved = () => {
		const lead = caller.current;
		const other = agent.current;
		if (!lead || !other) return;
		setAt(lead.currentTime);
		onTime(lead.currentTime * 1000);
		if (
			!other.seeking &&
			Math.abs(other.currentTime - lead.currentTime) > drift
		)
			other.currentTime = lead.currentTime;
	};

	const toggle = () => {
		setFailed(false);
		if (playing) {
			caller.current?.pause();
			return;
		}
		Promise.all([caller.current?.play(), agent.current?.play()]).catch(() =>
			setFailed(true),
		);
	};

	const faster = (n: number) => {
		setSpeed(n);
		if (caller.current) caller.current.playbackRate = n;
		if (agent.current) agent.current.playbackRate = n;
	};

	return (
		<div className="player">
			{/* biome-ignore lint/a11y/useMediaCaption: what was said stands in the lines below */}
			<audio
				ref={caller}
				preload="none"
				src={`/api/v1/calls/${call}/sound/caller`}
				onTimeUpdate={moved}
				onSeeked={moved}
				onPlay={() => setPlaying(true)}
				onPause={() => {
					setPlaying(false);
					agent.current?.pause();
				}}
				onEnded={() => setPlaying(false)}
				onError={() => setFailed(true)}
			/>
			{/* biome-ignore lint/a11y/useMediaCaption: what was said stands in the lines below */}
			<audio
				ref={agent}
				preload="none"
				src={`/api/v1/calls/${call}/sound/agent`}
			/>
			<div className="wave" ref={lanes} aria-hidden="true" />
			<p className="quiet">{t("screen.detail.lanes")}</p>
			<input
				type="range"
				className="position"
				aria-label={t("screen.detail.position")}
				aria-valuetext={callTime(at * 1000)}
				min={0}
				max={length}
				step={1}
				value={Math.min(length, at)}
				onChange={(e) => seek(Number(e.target.value))}
			/>
			<div className="row controls">
				<Button className="button primary" onPress={toggle}>
					{playing ? t("screen.detail.pause") : t("screen.detail.play")}
				</Button>
				<Button className="button" onPress={() => seek(at - 5)}>
					{t("screen.detail.back5")}
				</Button>
				<Button className="button" onPress={() => seek(at + 5)}>
					{t("screen.detail.on5")}
				</Button>
				<label className="speed">
					{t("screen.detail.speed")}
					<select
						value={speed}
						onChange={(e) => faster(Number(e.target.value))}
					>
						{speeds.map((n) => (
							<option key={n} value={n}>
								{t("screen.detail.speed.value", { n })}
							</option>
						))}
					</select>
				</label>
				<span className="clock">
					{callTime(at * 1000)} / {callTime(peaks.duration_ms)}
				</span>
			</div>
			{failed && (
				<Note kind="bad" live>
					{t("screen.detail.player.failed")}
				</Note>
			)}
			<p className="quiet">{t("screen.detail.audit")}</p>
		</div>
	);
}
