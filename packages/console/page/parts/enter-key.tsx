/** A browser sends a form of several fields by the enter key only where it has a button for that; those of ours say why they may not be used. */
export const EnterKey = () => <button type="submit" hidden tabIndex={-1} />;
