// What a descriptor is watched for, and what it is found ready for: the same bits.

export const READ: u8 = 1;
export const WRITE: u8 = 2;
