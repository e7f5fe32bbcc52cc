/** The eleven bytes every binary COPY begins with; their odd ones show a transfer that changed line ends or bit 8. */
export const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
