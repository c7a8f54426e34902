/** Reads server-sent events until whoever reads them has enough. */
export async function* readLive(
  url: string,
  headers: Record<string, string> = {},
): AsyncGenerator<{ readonly event: string; readonly data: unknown }> {
  const leaving = new AbortController();
  try {
    const response = await fetch(url, { headers, signal: leaving.signal });
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = text.slice(0, end);
        text = text.slice(end + 2);
        const data = /^data: (.*)$/m.exec(lines)?.[1];
        if (data !== undefined)
          yield { event: /^event: (.*)$/m.exec(lines)?.[1] ?? "message", data: JSON.parse(data) as unknown };
      }
    }
  } finally {
    leaving.abort();
  }
}
