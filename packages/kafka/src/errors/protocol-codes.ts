import { protocolErrors, protocolErrorsCodesById } from "@platformatic/kafka";

/** Error codes of the protocol that this package tells apart. */
export const protocolCodes = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  recordListTooLarge: 18,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMemberId: 25,
  invalidSessionTimeout: 26,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  invalidTimestamp: 32,
  topicAlreadyExists: 36,
  invalidReplicationFactor: 38,
  outOfOrderSequenceNumber: 45,
  duplicateSequenceNumber: 46,
  invalidProducerEpoch: 47,
  unknownProducerId: 59,
  groupIdNotFound: 69,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  invalidRecord: 87,
  producerFenced: 90,
  unknownTopicId: 100,
} as const;

const names = protocolErrorsCodesById as Readonly<Record<number, string>>;
const errors = protocolErrors as Readonly<Record<string, { readonly canRetry: boolean } | undefined>>;

/** `NOT_LEADER_OR_FOLLOWER` of 6. */
export function codeName(code: number): string {
  return names[code] ?? `error ${code}`;
}

/** Whether the brokers may answer otherwise when they are asked again. */
export function isRetriable(code: number): boolean {
  return errors[codeName(code)]?.canRetry === true;
}
