import { createContext } from 'react';

/** Whether the model in use answers conversations. */
export const ChatOffered = createContext(false);
