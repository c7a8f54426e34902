/** Pages that are over once somebody is in. */
const doors = ["/login", "/setup"];

/** Where one wanted to be before one had to log in. */
export const wantedPlace = (): string => (doors.includes(location.pathname) ? "/" : location.pathname + location.search);

/** The token of the link that the control plane printed: what stands after the "#" went to no server. */
export const tokenOfLink = (): string => (location.pathname === "/setup" ? location.hash.slice(1) : "");
