import { useEffect, useRef, useState } from "react";
import {
	Button,
	Dialog,
	Heading,
	Modal,
	ModalOverlay,
} from "react-aria-components";
import { useTexts } from "../lib/texts";

const holdMS = 1200;

/**
 * The button that cuts: held by pointer or by key until the bar is full. Letting go earlier does nothing and says so.
 * A screen reader presses without holding; it gets a question instead.
 */
export function HoldToCut({
	disabled,
	describedBy,
	onDone,
}: {
	disabled: boolean;
	describedBy: string;
	onDone: () => void;
}) {
	const { t } = useTexts();
	const [share, setShare] = useState(0);
	const [early, setEarly] = useState(false);
	const [asks, setAsks] = useState(false);
	const frame = useRef(0);
	const began = useRef(0);
	const fired = useRef(false);

	const stop = () => {
		cancelAnimationFrame(frame.current);
		began.current = 0;
		setShare(0);
	};
	useEffect(() => () => cancelAnimationFrame(frame.current), []);
	useEffect(() => {
		if (disabled) {
			cancelAnimationFrame(frame.current);
			began.current = 0;
			setShare(0);
		}
	}, [disabled]);

	const grow = () => {
		if (!began.current) return;
		const now = Math.min(1, (performance.now() - began.current) / holdMS);
		setShare(now);
		if (now < 1) {
			frame.current = requestAnimationFrame(grow);
			return;
		}
		fired.current = true;
		stop();
		onDone();
	};

	return (
		<div className="hold">
			<Button
				className="button cut"
				isDisabled={disabled}
				aria-describedby={describedBy}
				onPressStart={(e) => {
					if (e.pointerType === "virtual") return;
					setEarly(false);
					fired.current = false;
					began.current = performance.now();
					frame.current = requestAnimationFrame(grow);
				}}
				onPressEnd={(e) => {
					if (e.pointerType === "virtual") return;
					if (began.current && !fired.current) setEarly(true);
					stop();
				}}
				onPress={(e) => {
					if (e.pointerType === "virtual") setAsks(true);
				}}
			>
				<span
					className="fill"
					style={{ transform: `scaleX(${share})` }}
					aria-hidden="true"
				/>
				<span className="label">
					<strong>{t("screen.command.cut")}</strong>
					<small>
						{share > 0
							? t("screen.command.cut.going")
							: t("screen.command.cut.hold")}
					</small>
				</span>
			</Button>
			<p className="hold-hint" role="status">
				{early && share === 0 ? t("screen.command.cut.more") : ""}
			</p>
			<ModalOverlay
				className="overlay"
				isOpen={asks}
				onOpenChange={setAsks}
				isDismissable
			>
				<Modal className="modal">
					<Dialog role="alertdialog">
						<Heading slot="title">{t("screen.command.cut.dialog")}</Heading>
						<p>{t("screen.command.cut.dialog.text")}</p>
						<div className="row end">
							<Button
								className="button"
								autoFocus
								onPress={() => setAsks(false)}
							>
								{t("screen.cancel")}
							</Button>
							<Button
								className="button danger"
								onPress={() => {
									setAsks(false);
									onDone();
								}}
							>
								{t("screen.command.cut.dialog.do")}
							</Button>
						</div>
					</Dialog>
				</Modal>
			</ModalOverlay>
		</div>
	);
}
