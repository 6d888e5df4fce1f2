/** Bytes as the API takes them: whether they are text at all is for the office to tell. */
export async function base64(file: Blob): Promise<string> {
	let bytes = "";
	for (const b of new Uint8Array(await file.arrayBuffer()))
		bytes += String.fromCharCode(b);
	return btoa(bytes);
}
