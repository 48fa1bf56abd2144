// The page of the browser cases. At the top level it has tasks from its own origin and
// tells it what a script sees; in a frame it has them from the page around.
"use strict";

async function fetched({url, init, release}) {
	try {
		const response = await fetch(url, init);
		const body = release ? await streamed(response, release) : await response.text();
		return {type: response.type, status: response.status, header: [...response.headers], body};
	} catch {
		return {type: "error"};
	}
}

// streamed releases the handler when the first chunk is read.
async function streamed(response, release) {
	const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = (await chunks.read()).value + "|";
	await fetch(release, {mode: "no-cors"});
	for (;;) {
		const {done, value} = await chunks.read();
		if (done) {
			return text;
		}
		text += value;
	}
}

// greeted waits for one message on a WebSocket.
function greeted({url}) {
	return new Promise((resolve) => {
		const events = [];
		const socket = new WebSocket(url);
		socket.onopen = () => events.push("open");
		socket.onmessage = ({data}) => resolve({events: [...events, "message " + data]});
		socket.onclose = () => resolve({events: [...events, "error"]});
	});
}

function done(task) {
	return task.websocket ? greeted(task) : fetched(task);
}

// frames holds the frames by what is in them, each a promise of its window.
const frames = new Map();

function framed({src, sandbox}) {
	if (!frames.has(src)) {
		frames.set(src, new Promise((resolve) => {
			const frame = document.createElement("iframe");
			frame.onload = () => resolve(frame.contentWindow);
			if (sandbox) {
				frame.sandbox = "allow-scripts";
			}
			frame.src = src;
			document.body.append(frame);
		}));
	}
	return frames.get(src);
}

// doneIn has a task done in a frame.
async function doneIn(frame, task) {
	const {port1, port2} = new MessageChannel();
	(await framed(frame)).postMessage(task, "*", [port2]);
	return new Promise((resolve) => port1.onmessage = ({data}) => resolve(data));
}

function late() {
	return new Promise((resolve) => setTimeout(resolve, 10000, {type: "nothing in 10 s"}));
}

// work does one task after another. With each result it asks for the next one.
async function work() {
	let result = {};
	for (;;) {
		const response = await fetch("/.next", {method: "POST", body: JSON.stringify(result)});
		const task = await response.json();
		const doing = task.frame ? doneIn(task.frame, task) : done(task);
		result = {id: task.id, ...await Promise.race([doing, late()])};
	}
}

function start() {
	for (const url of new URLSearchParams(location.search).getAll("open")) {
		open(url, "_blank", "noopener");
	}
	for (let i = 0; i < 4; i++) { // browsers make six connections to a host
		work();
	}
}

if (parent === window) {
	addEventListener("DOMContentLoaded", start);
} else {
	onmessage = async ({data, ports}) => ports[0].postMessage(await done(data));
}
