/** The time zone of the user, such as Europe/Berlin; '' where the browser does not know it. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
