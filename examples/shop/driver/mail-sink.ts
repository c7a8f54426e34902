/** How often the mail provider was called, and how many mails it sent. */
export async function readMailSink(url: string): Promise<{ mails: number; calls: number }> {
  const response = await fetch(`${url}/stats`);
  return (await response.json()) as { mails: number; calls: number };
}
