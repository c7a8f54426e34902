/** Where a record is in the log. */
export const sayPlace = (at: { readonly topic: string; readonly partition: number; readonly offset: number }): string =>
  `${at.topic}/${at.partition}, offset ${at.offset}`;
